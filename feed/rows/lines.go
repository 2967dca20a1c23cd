package rows

import "bytes"

// eachLine calls each with every line that is not empty, without its end, and returns how many there were.
func eachLine(entry []byte, each func(line []byte) error) error {
	for len(entry) > 0 {
		var line []byte
		line, entry = cutLine(entry)
		if len(line) == 0 {
			continue
		}
		if err := each(line); err != nil {
			return err
		}
	}
	return nil
}

func cutLine(entry []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(entry, []byte{'\n'})
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, rest
}

// countLines is how many lines are not empty.
func countLines(entry []byte) (n int) {
	for len(entry) > 0 {
		var line []byte
		if line, entry = cutLine(entry); len(line) > 0 {
			n++
		}
	}
	return n
}

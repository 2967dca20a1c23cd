package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Words is a list that may be written as one word.
type Words []string

// UnmarshalYAML reads one word or a list of words.
func (w *Words) UnmarshalYAML(decode func(any) error) error {
	var many []string
	if err := decode(&many); err == nil {
		*w = many
		return nil
	}
	var one string
	if err := decode(&one); err != nil {
		return err
	}
	*w = nil
	if one != "" {
		*w = Words{one}
	}
	return nil
}

// Nano is a privacy loss in 1e-9 rho, read from a decimal such as .0078 without rounding.
type Nano int64

// nanoPerRho is one rho in Nano; nine decimals are read.
const nanoPerRho = 1_000_000_000

// maxRho is far above any profile; it only keeps sums from overflowing.
const maxRho = 1_000_000

// badNano is a Nano that was no decimal; the check of the contract says so, with key and line.
const badNano Nano = -1

// wantNano is what a Nano is written like.
const wantNano = "want a decimal of at least 0 with at most nine decimals, such as .0078"

// UnmarshalYAML reads a decimal.
func (n *Nano) UnmarshalYAML(text []byte) error {
	got, err := parseNano(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	if err != nil {
		got = badNano
	}
	*n = got
	return nil
}

// String writes the shortest decimal.
func (n Nano) String() string {
	whole, part := int64(n)/nanoPerRho, int64(n)%nanoPerRho
	text := strings.TrimRight(fmt.Sprintf("%d.%09d", whole, part), "0")
	return strings.TrimSuffix(text, ".")
}

func parseNano(text string) (Nano, error) {
	bad := fmt.Errorf("got %.40q, %s", text, wantNano)
	whole, part, _ := strings.Cut(text, ".")
	if whole == "" && part == "" || len(part) > 9 || !digits(whole) || !digits(part) {
		return 0, bad
	}
	var n int64
	if whole != "" {
		w, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || w > maxRho {
			return 0, bad
		}
		n = w * nanoPerRho
	}
	if part != "" {
		p, err := strconv.ParseInt((part + "00000000")[:9], 10, 64)
		if err != nil {
			return 0, bad
		}
		n += p
	}
	return Nano(n), nil
}

func digits(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// tokens cuts a name or sentence into lower-case words without accents: at spaces, signs, digits and inside camelCase.
// Chinese characters stay together.
func tokens(text string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, string(word))
			word = word[:0]
		}
	}
	runes := []rune(text)
	for i, r := range runes {
		// An accent of its own or an invisible sign stands inside a word.
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		if !unicode.IsLetter(r) {
			end()
			continue
		}
		lowerBefore := i > 0 && unicode.IsLower(runes[i-1])
		lowerAfter := i > 0 && i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(r) && (lowerBefore || lowerAfter) {
			end()
		}
		word = append(word, plain(unicode.ToLower(r))...)
	}
	end()
	return words
}

// accents are the letters of French with their plain forms.
var accents = map[rune]string{
	'à': "a", 'â': "a", 'ä': "a", 'á': "a", 'ç': "c", 'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'î': "i", 'ï': "i", 'í': "i",
	'ô': "o", 'ö': "o", 'ó': "o", 'ù': "u", 'û': "u", 'ü': "u", 'ú': "u", 'ÿ': "y", 'ñ': "n", 'œ': "oe", 'æ': "ae",
}

func plain(r rune) []rune {
	if p, ok := accents[r]; ok {
		return []rune(p)
	}
	// Full-width Latin letters and combining accents are other ways to write the same words.
	if 'ａ' <= r && r <= 'ｚ' {
		return []rune{r - 'ａ' + 'a'}
	}
	return []rune{r}
}

// nearest is the word of a list that is most like the one got, or "" when none is.
func nearest(got string, list []string) string {
	best, at := "", max(2, len(got)/3)+1
	for _, word := range list {
		if d := distance(strings.ToLower(got), word); d < at {
			best, at = word, d
		}
	}
	return best
}

// didYouMean is the hint for a word that is not on a list.
func didYouMean(got string, list []string) string {
	if word := nearest(got, list); word != "" {
		return fmt.Sprintf("did you mean %s? (known: %s)", word, strings.Join(list, " "))
	}
	return "known: " + strings.Join(list, " ")
}

// distance is the number of letters to insert, remove or change (Levenshtein), computed on at most 64 letters.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), 64)], y[:min(len(y), 64)]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			change := diagonal
			if x[i] != y[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}

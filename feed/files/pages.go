package files

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// mostPage is the largest page that is decoded. Writers make pages of about a mebibyte; a page that claims more than this is
// damaged, or made to exhaust memory.
const mostPage = 128 << 20

// checkFooter refuses a file whose footer cannot be as long as it says: the library takes that much memory before it reads.
func checkFooter(file io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return fmt.Errorf("%d bytes are no Parquet file", size)
	}
	if _, err := file.ReadAt(end[:], size-8); err != nil {
		return err
	}
	if n := int64(binary.LittleEndian.Uint32(end[:4])); n > size-12 {
		return fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	}
	return nil
}

// checkPages reads the headers of the pages of one column of a row group, which are a few bytes each, and refuses pages
// that reach beyond the column or claim more than mostPage: the library believes them.
func checkPages(file io.ReaderAt, size int64, c *format.ColumnMetaData) error {
	at := c.DataPageOffset
	if d := c.DictionaryPageOffset; d > 0 && d < at {
		at = d
	}
	end := at + c.TotalCompressedSize
	if at < 4 || c.TotalCompressedSize < 0 || end > size {
		return fmt.Errorf("a column from byte %d to %d in a file of %d", at, end, size)
	}
	var protocol thrift.CompactProtocol
	for at < end {
		section := io.NewSectionReader(file, at, end-at)
		ahead := bufio.NewReaderSize(section, 512)
		var h format.PageHeader
		if err := thrift.NewDecoder(protocol.NewReader(ahead)).Decode(&h); err != nil {
			return fmt.Errorf("the header of a page at byte %d: %w", at, err)
		}
		read, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		at += read - int64(ahead.Buffered())
		packed, whole := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
		if packed < 0 || whole < 0 || packed > end-at || packed > mostPage || whole > mostPage {
			return fmt.Errorf("a page of %d bytes, %d of them packed, where %d are left", whole, packed, end-at)
		}
		at += packed
	}
	return nil
}

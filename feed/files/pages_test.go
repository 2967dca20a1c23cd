package files

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestHostileSizes: a file that claims more than it has is refused before any memory is taken for it.
func TestHostileSizes(t *testing.T) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		V int64 `parquet:"v,zstd"`
	}](&b)
	for i := range int64(1000) {
		w.Write([]struct {
			V int64 `parquet:"v,zstd"`
		}{{i}})
	}
	w.Close()
	good := b.Bytes()
	file, err := openParquet(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	column := file.Metadata().RowGroups[0].Columns[0].MetaData
	if err := checkPages(bytes.NewReader(good), int64(len(good)), &column); err != nil {
		t.Fatalf("a sound file: %v", err)
	}
	footer := bytes.Clone(good)
	binary.LittleEndian.PutUint32(footer[len(footer)-8:], 1<<31)
	if _, err := openParquet(bytes.NewReader(footer), int64(len(footer))); err == nil || !strings.Contains(err.Error(), "footer") {
		t.Errorf("a footer of 2 GiB: got %v", err)
	}
	// The header of a page is: 15 04, 15 and the size unpacked, 15 and the size packed. Long sizes take five bytes.
	at := int(column.DataPageOffset)
	page := bytes.Clone(good)
	copy(page[at+3:], []byte{0xfe, 0xff, 0xff, 0xff, 0x0f})
	if err := checkPages(bytes.NewReader(page), int64(len(page)), &column); err == nil {
		t.Error("a page of 2 GiB was believed")
	}
	long := column
	long.TotalCompressedSize = int64(len(good)) * 2
	if err := checkPages(bytes.NewReader(good), int64(len(good)), &long); err == nil {
		t.Error("a column longer than the file was believed")
	}
}

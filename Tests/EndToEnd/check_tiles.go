// Checks an exported log with Go's own implementation (golang.org/x/mod/sumdb): the signed
// checkpoints, the proof of every record, and that the later log begins with the earlier one.
//
// usage: check_tiles EARLIER LATER KEY
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	earlier, later, key := os.Args[1], os.Args[2], os.Args[3]
	old, head := checkpoint(earlier, key), checkpoint(later, key)
	reader := tlog.TileHashReader(head, folder(later))
	proof, err := tlog.ProveTree(head.N, old.N, reader)
	check(err)
	check(tlog.CheckTree(proof, head.N, head.Hash, old.N, old.Hash))
	for number, record := range records(later, head.N) {
		proof, err := tlog.ProveRecord(head.N, int64(number), reader)
		check(err)
		check(tlog.CheckRecord(proof, head.N, head.Hash, int64(number), tlog.RecordHash(record)))
	}
	fmt.Println(head.N, "records, which extend", old.N)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func checkpoint(folder, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err)
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	var tree tlog.Tree
	tree.N = size
	copy(tree.Hash[:], root)
	return tree
}

// A folder of tiles; its paths lack the height that tlog's own have.
type folder string

func (folder) Height() int                        { return 8 }
func (folder) SaveTiles([]tlog.Tile, [][]byte)    {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func records(folder string, size int64) [][]byte {
	var all [][]byte
	for first := int64(0); first < size; first += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, size-first))}
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(folder, path))
		check(err)
		for reader := bytes.NewReader(bundle); reader.Len() > 0; {
			var length uint16
			check(binary.Read(reader, binary.BigEndian, &length))
			record := make([]byte, length)
			_, err := reader.Read(record)
			check(err)
			all = append(all, record)
		}
	}
	return all
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

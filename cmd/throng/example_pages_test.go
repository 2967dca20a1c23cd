package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/compare"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// runPage runs the contract that stands on a page, its first block of indented lines, on the files of a folder. It has twenty lines.
func runPage(t *testing.T, page, input string) (out string, store release.Store) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "example", page))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(string(text), "\n") {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			lines = append(lines, code)
		} else if len(lines) > 0 {
			break
		}
	}
	if len(lines) != 20 {
		t.Errorf("%s: the contract has %d lines, the page says twenty", page, len(lines))
	}
	c, err := config.Parse([]byte(strings.Join(lines, "\n")), input)
	if err != nil {
		t.Fatal(err)
	}
	job, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(t.TempDir(), "out")
	if _, err := driver.Run(context.Background(), job, driver.RunOptions{Out: out}); err != nil {
		t.Fatal(err)
	}
	if store, err = disk.OpenReadOnly(out); err != nil {
		t.Fatal(err)
	}
	return out, store
}

// numbersOf reads a measured table of a product by zone.
func numbersOf(t *testing.T, store release.Store, product, table string) map[string]compare.Number {
	t.Helper()
	list, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Product != product {
			continue
		}
		measured, err := store.Table(m.ID, "", table)
		if err != nil {
			t.Fatal(err)
		}
		codes, of, err := compare.Numbers(measured, throng.Zones{}, throng.DimZone, nil)
		if err != nil {
			t.Fatal(err)
		}
		numbers := map[string]compare.Number{}
		for i, code := range codes {
			numbers[code] = of[i]
		}
		return numbers
	}
	t.Fatalf("no %s is published", product)
	return nil
}

// TestBikesPage runs docs/example/bikes.md and counts the trips of May again, by the standard library.
func TestBikesPage(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "bikes")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real data are not here: put the public files of bikes into %s to run this test", dir)
	}
	exact := map[string]float64{}
	f, err := os.Open(filepath.Join(dir, "bay_area_2014_trips.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for in := csv.NewReader(z); ; {
		row, err := in.Read() // trip_id, duration, start_date, start_station, start_terminal, end_date, ...
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, _ := time.Parse(time.DateTime, row[2])
		end, _ := time.Parse(time.DateTime, row[5])
		if strings.HasPrefix(row[2], "2014-05") && end.Sub(start) <= 24*time.Hour {
			exact[row[4]]++
		}
	}
	out, store := runPage(t, "bikes.md", dir)
	inside := 0
	got := numbersOf(t, store, "flows-month", "total")
	for station, n := range got {
		if lo, hi := n.Margin(); lo <= exact[station] && exact[station] <= hi {
			inside++
		}
	}
	if n := float64(len(got)); n != 70 || float64(inside)/n < .95-4.9*math.Sqrt(.95*.05/n) { // it lies once in a million runs
		t.Errorf("of %d stations %d have their trips in the margin, want 70 and .95", len(got), inside)
	}
	var said bytes.Buffer
	c := &compareCmd{Dir: out, Product: "flows-month", Period: "2014-05", Table: "total", By: throng.DimZone}
	if err := c.Run(&screen{out: &said, err: &said}); err != nil || !strings.Contains(said.String(), "compared   code  total  ± 95 %  ranks") {
		t.Errorf("got %v\n%s", err, said.String())
	}
	if line := strings.Split(said.String(), "\n")[1]; !strings.HasPrefix(strings.TrimSpace(line), "70 ") || !strings.Contains(line, " 85 ") {
		t.Errorf("the first station is %q, want 70 with a margin of 85, as on the page", line) // fourteen standard deviations before the next
	}
}

// writeBookings writes rows in the shape of the public set and returns money in cents, rows and nights by zone.
func writeBookings(t *testing.T, dir string) (money, trips, nights map[string]float64) {
	t.Helper()
	const header = "hotel,is_canceled,lead_time,arrival_date_year,arrival_date_month,arrival_date_week_number,arrival_date_day_of_month,stays_in_weekend_nights,stays_in_week_nights,adults,children,babies,meal,country,market_segment,distribution_channel,is_repeated_guest,previous_cancellations,previous_bookings_not_canceled,reserved_room_type,assigned_room_type,booking_changes,deposit_type,agent,company,days_in_waiting_list,customer_type,adr,required_car_parking_spaces,total_of_special_requests,reservation_status,reservation_status_date"
	random, text := rand.New(rand.NewPCG(9, 10)), header+"\n"
	money, trips, nights = map[string]float64{}, map[string]float64{}, map[string]float64{}
	for range 4000 {
		hotel, zone := "City Hotel", "City-Hotel"
		if random.IntN(3) == 0 {
			hotel, zone = "Resort Hotel", "Resort-Hotel"
		}
		weekend, week, cents := random.IntN(3), random.IntN(6), 5000+random.IntN(9000)
		cancelled, day := random.IntN(3)/2, time.Date(2016, 3, 1+random.IntN(60), 0, 0, 0, 0, time.UTC)
		text += fmt.Sprintf("%s,%d,9,2016,March,11,3,%d,%d,2,0,0,BB,PRT,Direct,TA/TO,0,0,0,A,A,0,No Deposit,NULL,NULL,0,Transient,%s,0,0,Check-Out,%s\n",
			hotel, cancelled, weekend, week, strconv.FormatFloat(float64(cents)/100, 'f', -1, 64), day.Format(time.DateOnly))
		if cancelled == 1 || day.Month() != time.March {
			continue
		}
		trips[zone]++
		nights[zone] += float64(weekend + week)
		money[zone] += float64(min(100_000, cents*(weekend+week)))
	}
	hotels, err := os.ReadFile(filepath.Join("..", "..", "examples", "hotels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"hotel_bookings.csv": text, "hotels.csv": string(hotels)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return money, trips, nights
}

// TestHotelPage runs docs/example/hotel-bookings.md on rows of that shape: what is published lies within five standard deviations of the
// exact sums; of six numbers it lies once in 300,000 runs.
func TestHotelPage(t *testing.T) {
	dir := t.TempDir()
	money, trips, nights := writeBookings(t, dir)
	out, store := runPage(t, "hotel-bookings.md", dir)
	for _, c := range []struct {
		product, table string
		exact          map[string]float64
	}{{"spending", "total", money}, {"bookings", "trips", trips}, {"bookings", "nights", nights}} {
		for zone, n := range numbersOf(t, store, c.product, c.table) {
			if off := math.Abs(n.Value-c.exact[zone]) / n.SD; off > 5 || c.exact[zone] == 0 {
				t.Errorf("%s/%s of %s: got %.0f, want %.0f within 5 sd of %.0f", c.product, c.table, zone, n.Value, c.exact[zone], n.SD)
			}
		}
	}
	var said bytes.Buffer
	if err := (&balanceCmd{Dirs: []string{out}, Month: "2016-03"}).Run(&screen{out: &said, err: &said}); err != nil || !strings.Contains(said.String(), "Lisboa") {
		t.Errorf("got %v\n%s", err, said.String())
	}
}

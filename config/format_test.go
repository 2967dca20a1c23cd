package config

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestFormatPageNamesEveryKey reads docs/format/contract.md and fails when a key, role, product or word of a closed list
// is not on it.
func TestFormatPageNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile("../docs/format/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	keys := dottedKeys(reflect.TypeOf(Contract{}), "")
	if len(keys) < 60 {
		t.Fatalf("got %d keys, want all of them", len(keys))
	}
	for _, key := range keys {
		if !strings.Contains(page, "| `"+key+"` |") {
			t.Errorf("docs/format/contract.md has no row for the key %s", key)
		}
	}
	kinds := append(slices.Collect(maps.Keys(roles)), saleKinds...)
	for _, kind := range kinds {
		for _, r := range rolesOf(kind) {
			if !strings.Contains(page, "`"+r.name+"`") {
				t.Errorf("docs/format/contract.md does not name the role %s of %s", r.name, kind)
			}
		}
	}
	for _, list := range [][]string{Purposes, Recipients, Products, ColumnTypes, Folds, NumberFormats, profileNames} {
		for _, word := range list {
			if !strings.Contains(page, word) {
				t.Errorf("docs/format/contract.md does not name the word %s", word)
			}
		}
	}
}

// dottedKeys lists the keys of a struct of the contract; those of columns, which are many, by their own name.
func dottedKeys(in reflect.Type, prefix string) []string {
	var keys []string
	for i := range in.NumField() {
		tag, ok := in.Field(i).Tag.Lookup("yaml")
		if !ok {
			continue
		}
		switch field := in.Field(i).Type; {
		case field.Kind() == reflect.Struct:
			keys = append(keys, dottedKeys(field, prefix+tag+".")...)
		case field == reflect.TypeOf(map[string]Column{}) && prefix+tag == "feed.columns":
			keys = append(keys, dottedKeys(field.Elem(), "")...)
			fallthrough
		default:
			keys = append(keys, prefix+tag)
		}
	}
	return keys
}

// TestRolesAndKindsAreFree: no word that a contract needs is itself refused by name.
func TestRolesAndKindsAreFree(t *testing.T) {
	for _, kind := range append([]string{kindEvents, kindTrips, kindAttributes}, saleKinds...) {
		for _, r := range rolesOf(kind) {
			if got := refusedName(r.name); got != nil {
				t.Errorf("role %s of %s is taken for %s", r.name, kind, got.what)
			}
		}
	}
	for _, name := range []string{"user_id", "cell_id", "timestamp", "mcc", "mnc", "plmn", "machine", "birth_year", "year_of_birth", "annee_naissance", "sex", "home_dep",
		"job_number", "cab_number", "start_date", "start_station", "end_terminal", "zip_code", "post_code", "station_name", "nom_station", "subscription_type", "bike_id", "imputed",
		"duration", "loc_error", "device", "aircraft", "airport", "local_time", "kind", "message_type", "cellular", "contextual", "embodied", "trip_id", "agent", "hotel", "is_canceled", "adr", "market_segment", "distribution_channel", "company", "meal", "merchant", "office"} {
		if got := refusedName(name); got != nil {
			t.Errorf("column %s is taken for %s", name, got.what)
		}
	}
	for _, word := range append(Purposes, Recipients...) {
		if use := forbiddenUse(word); use != nil {
			t.Errorf("word %s is taken for %s", word, use.what)
		}
	}
}

func TestPersonIDs(t *testing.T) {
	for name, want := range map[string]bool{
		"rider_id": true, "userId": true, "customer": true, "cardno": true, "id_usager": true, "numéro_abonné": true, "乘客": true, "MSISDN": true,
		"user_type": false, "member_casual": false, "passenger_count": false, "bike_id": false, "trip_id": false, "scorecard": false, "start_terminal": false, "zip_code": false,
	} {
		equal(t, name, isPersonID(name, unitTrip), want)
	}
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"homeAddress": "home address", "HTTPServerURL": "http server url", "Téléphone_1": "telephone", "b-number2x": "b number x",
		"ＰＨＯＮＥ": "phone", "手机号": "手机号", "cre\u0301dit": "credit", "po\u200blice": "police", "SMSText": "sms text", "": "",
	} {
		equal(t, text, strings.Join(tokens(text), " "), want)
	}
}

func TestNearestWord(t *testing.T) {
	equal(t, "close", nearest("colums", []string{"columns", "clock"}), "columns")
	equal(t, "far", nearest("alerts", []string{"holder", "zones"}), "")
}

package surfaceapi_test

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// The address keeps its own query, and what goes in comes out.
// spec: surface.params
func TestParamsGoThereAndBack(t *testing.T) {
	t.Parallel()
	p := surfaceapi.Params{
		UserID: 1187, CompanyID: 402, Token: "a.b.c", ID: "rt_7f31c0", Theme: surfaceapi.Dark,
		Resource: "deal", View: "details", SelectedIDs: []int64{7, 9}, Data: []byte(`{"quoteId":"Q-118"}`),
	}
	address, err := p.Address("https://app.example.com/panel?tenant=7&id=mine&theme=old#top")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"tenant": "7", "id": "rt_7f31c0", "theme": "dark", "userId": "1187", "companyId": "402", "token": "a.b.c",
		"resource": "deal", "view": "details", "selectedIds": "7,9", "data": `{"quoteId":"Q-118"}`,
	} {
		if got := q[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s = %q, want %q once", name, got, want)
		}
	}
	if q.Has("context") || u.Fragment != "top" {
		t.Errorf("unexpected rest of %s", address)
	}
	back, err := surfaceapi.ParseParams(q)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, p) {
		t.Errorf("came back as %+v", back)
	}
}

// Blanks are written as decodeURIComponent of a page reads them.
// spec: surface.params
func TestParamsHaveNoPlus(t *testing.T) {
	t.Parallel()
	p := surfaceapi.Params{UserID: 1, CompanyID: 2, Data: []byte(`{"note":"1 + 1"}`)}
	address, err := p.Address("https://app.example.com/modal?tenant=a+b")
	if want := "https://app.example.com/modal?companyId=2&data=%7B%22note%22%3A%221%20%2B%201%22%7D&tenant=a%20b&userId=1"; err != nil || address != want {
		t.Errorf("got %s, %v, want %s", address, err, want)
	}
}

// Parameters that cannot be read are refused by name.
func TestParamsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"userId=me":         `userId: expected a whole number, got "me"`,
		"selectedIds=1,two": `selectedIds: expected whole numbers separated by commas, got "1,two"`,
		"data=%7B":          `data: expected JSON, got "{"`,
	} {
		q, _ := url.ParseQuery(query)
		if _, err := surfaceapi.ParseParams(q); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", query, err, want)
		}
	}
}

// FuzzParseParams finds addresses that stop an app.
func FuzzParseParams(f *testing.F) {
	f.Add("userId=1&companyId=2&selectedIds=1,2&data={}&theme=dark&id=x&token=a.b.c")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		p, err := surfaceapi.ParseParams(q)
		if err != nil {
			return
		}
		if _, err := p.Address("https://app.example.com/"); err != nil {
			t.Error(err)
		}
	})
}

package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

var me = route.Caller{Company: 1, User: 1, Admin: true}

// openDeals are the open deals of the demo, by id.
func (s *site) openDeals() []records.Deal {
	s.t.Helper()
	list, _, err := s.people.ListDeals(s.t.Context(), me, records.DealFilter{Status: "open"}, records.Window{Limit: 500})
	s.ok(err)
	return list
}

func (s *site) dealNow(id int64) records.Deal {
	s.t.Helper()
	d, err := s.people.Deal(s.t.Context(), me, id)
	s.ok(err)
	return d
}

// want posts a form that must be accepted, and returns where it leads.
func (s *site) want(path string, form url.Values) string {
	s.t.Helper()
	res, body := s.post(path, form)
	if res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("POST %s %v: %d %s", path, form, res.StatusCode, text1(body))
	}
	return res.Header.Get("Location")
}

// refused posts a form that must be refused with these words.
func (s *site) refused(path string, form url.Values, status int, words string) {
	s.t.Helper()
	res, body := s.post(path, form, "main")
	if res.StatusCode != status || !strings.Contains(body, words) {
		s.t.Errorf("POST %s %v: %d %s, want %d with %q", path, form, res.StatusCode, text1(body), status, words)
	}
}

// text1 is the beginning of a body.
func text1(body string) string { return body[:min(len(body), 600)] }

// The board shows the first cards of each stage and what all of them are worth;
// cards move, and what cannot be is refused.
// spec: records.board
func TestBoard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	pipelines, err := s.people.Pipelines(t.Context(), me)
	s.ok(err)
	first, second := pipelines[0].Stages[0], pipelines[0].Stages[1]
	for i := range 60 {
		_, err := s.people.CreateDeal(t.Context(), me, records.Deal{Title: fmt.Sprint("Crate ", i), Stage: records.Ref{ID: first.ID}, Value: records.Units(10, "EUR"), Owner: 2})
		s.ok(err)
	}
	_, body := s.get("/deals")
	checkMarkup(t, "/deals", body)
	if n := strings.Count(body, ">Crate "); n != 50 {
		t.Errorf("%d cards of 60 are shown at first, want 50", n)
	}
	more := fmt.Sprintf("/deals?pipeline=%d&show=%d.100", pipelines[0].ID, first.ID)
	if !strings.Contains(body, strings.ReplaceAll(more, "&", "&amp;")) {
		t.Errorf("no link to %s", more)
	}
	if _, all := s.get(more, "board"); strings.Count(all, ">Crate ") != 60 {
		t.Errorf("%d cards with more, want 60", strings.Count(all, ">Crate "))
	}
	if _, mine := s.get("/deals?owner=2"); strings.Count(mine, "data-deal=") < 50 || !strings.Contains(mine, "€600") {
		t.Error("the board of one owner lacks the owner's cards or their sum")
	}
	if _, none := s.get("/deals?owner=999"); strings.Contains(none, "data-deal=") {
		t.Error("somebody who has no deals has cards")
	}

	d := s.openDeals()[0]
	to := first.ID
	if d.Stage.ID == first.ID {
		to = second.ID
	}
	at := fmt.Sprintf("/deals/%d", d.ID)
	if next := s.want(at+"/move", url.Values{"stage": {strconv.FormatInt(to, 10)}, "back": {"/deals?owner=1"}}); next != "/deals?owner=1" {
		t.Errorf("a move leads to %s", next)
	}
	if now := s.dealNow(d.ID); now.Stage.ID != to {
		t.Errorf("moved to stage %d, want %d", now.Stage.ID, to)
	}
	s.refused(at+"/move", url.Values{"stage": {"x"}}, http.StatusBadRequest, "Expected the id of a stage")
	s.refused(at+"/move", url.Values{"stage": {"4711"}}, http.StatusBadRequest, "does not exist")
	s.refused("/deals/4711/move", url.Values{"stage": {"1"}}, http.StatusNotFound, "There is no deal 4711")
	s.want(at+"/archive", nil)
	s.refused(at+"/move", url.Values{"stage": {strconv.FormatInt(d.Stage.ID, 10)}}, http.StatusForbidden, "Archived deals cannot be changed")
	if _, body := s.get("/deals"); strings.Contains(body, fmt.Sprintf(`id="deal-%d"`, d.ID)) {
		t.Error("an archived deal is on the board")
	}
}

// A stage says after how many days its deals rot.
// spec: rest.deals.rotten-time
func TestBoardMarksWhatRots(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	pipelines, err := s.people.Pipelines(t.Context(), me)
	s.ok(err)
	if _, body := s.get("/deals"); strings.Contains(body, "board-card rotten") {
		t.Fatal("something rots, though no stage says after how many days")
	}
	on, days := true, 1
	for _, st := range pipelines[0].Stages {
		_, err := s.people.UpdateStage(t.Context(), me, st.ID, records.StagePatch{Rots: &on, RotDays: &days})
		s.ok(err)
	}
	_, err = s.people.CreateDeal(t.Context(), me, records.Deal{Title: "Fresh as can be"})
	s.ok(err)
	_, body := s.get("/deals")
	if !strings.Contains(body, "board-card rotten") {
		t.Error("nothing rots")
	}
	if i := strings.Index(body, `data-title="Fresh as can be"`); i < 0 || strings.Contains(body[max(0, i-120):i], "rotten") {
		t.Error("a new deal is not on the board, or rots")
	}
}

// Deals and leads are made in forms, with a person and an organization that were
// typed, and what the address said filled in.
// spec: records.edit
func TestSalesForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	field, err := s.people.CreateField(t.Context(), me, records.Field{Entity: records.KindDeal, Name: "Crates", Type: records.TypeDouble})
	s.ok(err)
	_, body := s.get("/deals/new?title=Ten+tables&person_id=1&value=1200.5&stage=2")
	for _, part := range []string{`value="Ten tables"`, `name="person_id_id" value="1"`, `value="1200.5"`, `<option value="2" selected>`, "Crates"} {
		if !strings.Contains(body, part) {
			t.Errorf("the form lacks %s", part)
		}
	}
	form := url.Values{
		"title": {"Ten tables"}, "person_id": {"Ann Ott"}, "org_id": {"Ott & Daughters"}, "value": {"1200.5"}, "value.currency": {"eur"}, "stage_id": {"2"},
		"expected_close_date": {"2027-01-31"}, "probability": {"40"}, "owner_id": {"2"}, "visible_to": {"3"}, field.Code: {"12"},
	}
	at := s.want("/deals/new", form)
	id, err := strconv.ParseInt(strings.TrimPrefix(at, "/deals/"), 10, 64)
	s.ok(err)
	d := s.dealNow(id)
	if d.Person.Name != "Ann Ott" || d.Organization.Name != "Ott & Daughters" || d.Value != (records.Money{Amount: 12_005_000, Currency: "EUR"}) ||
		d.Stage.ID != 2 || *d.Probability != 40 || d.Owner != 2 || d.ExpectedClose != "2027-01-31" || text(d.Custom[field.Code]) != "12" {
		t.Errorf("stored %+v", d)
	}
	_, body = s.get(at)
	checkMarkup(t, at, body)
	for _, part := range []string{"Ott &amp; Daughters", "€1,200.50", "40 %", "31 Jan 2027", "Crates"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	for field, bad := range map[string]string{"title": " ", "value": "much", "probability": "140", "value.currency": "EURO", "expected_close_date": "soon", "owner_id": "x"} {
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set(field, bad)
		s.refused(at+"/edit", wrong, http.StatusBadRequest, "Expected")
	}
	form.Set("title", "Twelve tables")
	form.Del("probability")
	form.Del(field.Code)
	s.want(at+"/edit", form)
	if d := s.dealNow(id); d.Title != "Twelve tables" || d.Probability != nil || d.Custom[field.Code] != nil {
		t.Errorf("changed to %+v", d)
	}

	labels, err := s.people.Labels(t.Context(), me)
	s.ok(err)
	lead := url.Values{"title": {"A letter"}, "org_id": {"ott & daughters"}, "value.currency": {"EUR"}, "owner_id": {"1"}, "visible_to": {"3"}, "label_ids": {labels[0].ID}}
	at = s.want("/leads/new", lead)
	l, err := s.people.Lead(t.Context(), me, strings.TrimPrefix(at, "/leads/inbox/"))
	s.ok(err)
	if l.Organization.ID != d.Organization.ID || len(l.Labels) != 1 || l.Value.Currency != "" {
		t.Errorf("stored %+v", l)
	}
	lead.Del("label_ids")
	lead.Set("value", "80")
	s.want(at+"/edit", lead)
	if l, err = s.people.Lead(t.Context(), me, l.ID); err != nil || len(l.Labels) != 0 || l.Value != records.Units(80, "EUR") {
		t.Errorf("changed to %+v, %v", l, err)
	}
	lead.Del("org_id")
	s.refused("/leads/new", lead, http.StatusBadRequest, "a person or an organization")
	_, body = s.get(at)
	checkMarkup(t, at, body)
}

// What can be done on the page of a deal.
// spec: records.sales-actions
func TestDealActions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	d := s.openDeals()[0]
	at := fmt.Sprintf("/deals/%d", d.ID)
	s.want(at+"/won", nil)
	if now := s.dealNow(d.ID); now.Status != "won" || now.WonAt.IsZero() {
		t.Errorf("won is %+v", now)
	}
	s.want(at+"/reopen", nil)
	if _, body := s.get(at+"/lost?back=%2Fdeals%3Fowner%3D1", "record-form"); !strings.Contains(body, `name="back" value="/deals?owner=1"`) {
		t.Errorf("the question why does not lead back: %s", body)
	}
	if _, body := s.get(at+"/lost?back=https://elsewhere.example", "record-form"); strings.Contains(body, "elsewhere") {
		t.Error("the question leads to another site")
	}
	s.refused(at+"/lost", url.Values{"lost_reason": {strings.Repeat("x", 151)}}, http.StatusBadRequest, "at most 150")
	s.want(at+"/lost", url.Values{"lost_reason": {"Too dear"}})
	if now := s.dealNow(d.ID); now.Status != "lost" || now.LostReason != "Too dear" {
		t.Errorf("lost is %+v", now)
	}
	copied := s.want(at+"/duplicate", nil)
	if _, body := s.get(copied); !strings.Contains(body, "(copy)") {
		t.Error("the page of the copy does not say that it is one")
	}
	s.want(at+"/participants/new", url.Values{"person_id": {"Ann Ott"}})
	s.refused(at+"/participants/new", nil, http.StatusBadRequest, "Type a name")
	parts, _, err := s.people.Participants(t.Context(), me, d.ID, records.Window{Limit: 10})
	s.ok(err)
	last := parts[len(parts)-1]
	if _, body := s.get(at); !strings.Contains(body, fmt.Sprintf(`id="participant-%d"`, last.ID)) || !strings.Contains(body, "Ann Ott") {
		t.Error("the page lacks who takes part")
	}
	s.want(fmt.Sprintf("%s/participants/%d/delete", at, last.ID), nil)
	s.refused(fmt.Sprintf("%s/participants/%d/delete", at, parts[0].ID), nil, http.StatusBadRequest, "own person")
	s.refused(at+"/participants/x/delete", nil, http.StatusNotFound, "number of a participant")
	s.want(at+"/archive", nil)
	s.refused(at+"/won", nil, http.StatusForbidden, "Archived")
	s.want(at+"/archive", url.Values{"archived": {"0"}})
	lead := s.want(at+"/to-lead", nil)
	if res, _ := s.get(at); res.StatusCode != http.StatusNotFound {
		t.Errorf("a deal that became a lead: %d", res.StatusCode)
	}
	alone, err := s.people.CreateDeal(t.Context(), me, records.Deal{Title: "Nobody's"})
	s.ok(err)
	s.refused(fmt.Sprintf("/deals/%d/to-lead", alone.ID), nil, http.StatusBadRequest, "no lead can be without both")
	s.want(lead+"/seen", url.Values{"seen": {"0"}})
	if _, body := s.get(lead); !strings.Contains(body, "Mark as seen") {
		t.Error("a lead that nobody saw cannot be marked")
	}
	s.want(lead+"/archive", nil)
	s.refused(lead+"/seen", nil, http.StatusForbidden, "Archived")
	s.want(lead+"/archive", url.Values{"archived": {"0"}})
	deal := s.want(lead+"/to-deal", url.Values{"stage_id": {"3"}})
	id, err := strconv.ParseInt(strings.TrimPrefix(deal, "/deals/"), 10, 64)
	s.ok(err)
	if now := s.dealNow(id); now.Stage.ID != 3 || now.Title != d.Title {
		t.Errorf("the lead became %+v", now)
	}
	if next := s.want(deal+"/delete", nil); next != "/deals" {
		t.Errorf("deleting leads to %s", next)
	}
	if res, _ := s.get(deal); res.StatusCode != http.StatusNotFound {
		t.Errorf("a deleted deal: %d", res.StatusCode)
	}
}

// What is chosen in a list is changed together, all or none.
// spec: records.bulk
func TestBulk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	deals := s.openDeals()[:3]
	ids := []string{}
	for _, d := range deals {
		ids = append(ids, strconv.FormatInt(d.ID, 10))
	}
	all := func(ok func(records.Deal) bool) bool {
		return !slices.ContainsFunc(deals, func(d records.Deal) bool { return !ok(s.dealNow(d.ID)) })
	}
	s.want("/deals/bulk", url.Values{"id": ids, "do": {"owner"}, "owner_id": {"2"}})
	s.want("/deals/bulk", url.Values{"id": ids, "do": {"stage"}, "stage_id": {"3"}})
	if !all(func(d records.Deal) bool { return d.Owner == 2 && d.Stage.ID == 3 }) {
		t.Error("the owner or the stage was not changed")
	}
	if next := s.want("/deals/bulk", url.Values{"id": ids, "do": {"lost"}, "lost_reason": {"Season is over"}, "back": {"/deals/list?status=open"}}); next != "/deals/list?status=open" {
		t.Errorf("leads to %s", next)
	}
	if !all(func(d records.Deal) bool { return d.LostReason == "Season is over" }) {
		t.Error("not all were lost")
	}
	yes := true
	_, err := s.people.UpdateDeal(t.Context(), me, deals[2].ID, records.DealPatch{Archived: &yes})
	s.ok(err)
	s.refused("/deals/bulk", url.Values{"id": ids, "do": {"won"}}, http.StatusForbidden, "Nothing was changed, because “"+deals[2].Title)
	if d := s.dealNow(deals[0].ID); d.Status != "lost" {
		t.Errorf("one was refused, and another is %s", d.Status)
	}
	s.refused("/deals/bulk", url.Values{"do": {"won"}}, http.StatusBadRequest, "1 to 500 chosen rows, got 0")
	s.refused("/deals/bulk", url.Values{"id": slices.Repeat([]string{"1"}, 501), "do": {"won"}}, http.StatusBadRequest, "got 501")
	s.refused("/deals/bulk", url.Values{"id": ids, "do": {"paint"}}, http.StatusBadRequest, "Expected owner")
	s.refused("/deals/bulk", url.Values{"id": ids, "do": {"owner"}}, http.StatusBadRequest, "Choose one")
	s.refused("/deals/bulk", url.Values{"id": {"x"}, "do": {"won"}}, http.StatusBadRequest, "whole numbers")
	s.want("/deals/bulk", url.Values{"id": ids, "do": {"delete"}})
	if res, _ := s.get("/deals/" + ids[0]); res.StatusCode != http.StatusNotFound {
		t.Errorf("deleted: %d", res.StatusCode)
	}

	leads, err := s.people.Leads(t.Context(), me, records.LeadFilter{})
	s.ok(err)
	two := []string{leads[0].ID, leads[1].ID}
	s.want("/leads/bulk", url.Values{"id": two, "do": {"archive"}})
	if _, body := s.get("/leads?archived=1"); !strings.Contains(body, "lead-"+two[0]) || !strings.Contains(body, "lead-"+two[1]) {
		t.Error("the archive lacks what was archived")
	}
	s.want("/leads/bulk", url.Values{"id": two, "do": {"unarchive"}})
	s.want("/leads/bulk", url.Values{"id": two, "do": {"delete"}})
	if left, _ := s.people.Leads(t.Context(), me, records.LeadFilter{}); len(left) != len(leads)-2 {
		t.Errorf("%d leads are left of %d", len(left), len(leads))
	}
	s.want("/persons/bulk", url.Values{"id": {"1", "2"}, "do": {"owner"}, "owner_id": {"2"}})
	s.want("/organizations/bulk", url.Values{"id": {"1", "2"}, "do": {"owner"}, "owner_id": {"2"}})
	if p, err := s.people.Person(t.Context(), me, 2); err != nil || p.Owner != 2 {
		t.Errorf("person 2 is %+v, %v", p, err)
	}
	if next := s.want("/persons/bulk", url.Values{"id": {"1", "2"}, "do": {"merge"}}); next != "/persons/1/merge?with_id=2" {
		t.Errorf("merging leads to %s", next)
	}
	s.refused("/organizations/bulk", url.Values{"id": {"1"}, "do": {"merge"}}, http.StatusBadRequest, "two chosen rows")
	s.want("/organizations/bulk", url.Values{"id": {"1", "2"}, "do": {"delete"}})
	s.want("/persons/bulk", url.Values{"id": {"3"}, "do": {"delete"}})
}

// Lists of deals and leads are filtered, sorted by any of their keys, and read part
// by part without a gap.
// spec: records.pages
func TestSalesLists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	for i := range 60 {
		_, err := s.people.CreateDeal(t.Context(), me, records.Deal{Title: fmt.Sprintf("Crate %02d", i/2), Value: records.Units(int64(i%7), "EUR"), Owner: 2})
		s.ok(err)
		_, err = s.people.CreateLead(t.Context(), me, records.Lead{Title: fmt.Sprintf("Letter %02d", i/2), Person: records.Ref{ID: 1}, Owner: 2})
		s.ok(err)
	}
	for path, keys := range map[string][]string{
		"/deals/list": {"title", "value", "add_time", "update_time", "expected_close_date"}, "/leads": {"title", "add_time", "update_time"},
	} {
		for _, key := range keys {
			seen := map[string]bool{}
			rows := 0
			for at, parts := path+"?owner=2&sort="+key, 0; at != "" && parts < 5; parts++ {
				_, body := s.get(at)
				checkMarkup(t, at, body)
				for _, line := range strings.Split(body, "<tr id=\"")[1:] {
					id, _, _ := strings.Cut(line, `"`)
					seen[id] = true
					rows++
				}
				at = ""
				if _, next, ok := strings.Cut(body, `<a class="button" href="`); ok && strings.Contains(body, "Next page") {
					next, _, _ = strings.Cut(next, `"`)
					at = strings.ReplaceAll(next, "&amp;", "&")
				}
			}
			if rows != len(seen) || rows < 60 {
				t.Errorf("%s by %s: %d rows, %d different ones, want 60 at least", path, key, rows, len(seen))
			}
		}
	}
	if _, body := s.get("/deals/list?status=won"); strings.Contains(body, "Crate") || !strings.Contains(body, ">Won</span>") {
		t.Error("the won deals are not those that were won")
	}
	if _, body := s.get("/deals/list?stage=2&status=open"); strings.Contains(body, "Crate") || !strings.Contains(body, "deal-") {
		t.Error("the deals of a stage are others")
	}
	if _, body := s.get("/deals/list?rows=500"); strings.Count(body, "<tr id=") < 80 {
		t.Error("a page of 500 rows has fewer than there are")
	}
	labels, err := s.people.Labels(t.Context(), me)
	s.ok(err)
	if _, body := s.get("/leads?label=" + labels[0].ID); strings.Contains(body, "Letter") || !strings.Contains(body, "lead-") {
		t.Error("the leads with a label are others")
	}
}

// Two records are compared before one of them goes.
// spec: records.merge-page
func TestMergePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	deals := s.openDeals()
	for _, k := range []struct {
		path      string
		this, too int64
	}{{"/persons", 1, 2}, {"/organizations", 1, 2}, {"/deals", deals[0].ID, deals[1].ID}} {
		at := fmt.Sprintf("%s/%d", k.path, k.this)
		_, body := s.get(at + "/merge")
		checkMarkup(t, at, body)
		if !strings.Contains(body, "dw-picker") || strings.Contains(body, `name="keep"`) {
			t.Errorf("%s does not ask for the other", at)
		}
		other := strconv.FormatInt(k.too, 10)
		_, body = s.get(at + "/merge?with_id=" + other)
		checkMarkup(t, at, body)
		if strings.Count(body, `name="keep"`) != 2 || !strings.Contains(body, "Owner") {
			t.Errorf("%s does not compare", at)
		}
		for _, bad := range []string{"x", strconv.FormatInt(k.this, 10)} {
			if res, _ := s.get(at + "/merge?with_id=" + bad); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s with %s: %d", at, bad, res.StatusCode)
			}
		}
		if res, _ := s.get(at + "/merge?with=Somebody"); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s with a name that was not chosen: %d", at, res.StatusCode)
		}
		s.refused(at+"/merge", url.Values{"with_id": {other}}, http.StatusBadRequest, "the one that stays")
		stays := fmt.Sprintf("%s/%d", k.path, k.too)
		if next := s.want(at+"/merge", url.Values{"with_id": {other}, "keep": {other}}); next != stays {
			t.Errorf("merging leads to %s, want %s", next, stays)
		}
		if res, _ := s.get(at); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s, which went: %d", at, res.StatusCode)
		}
		if res, _ := s.get(stays); res.StatusCode != http.StatusOK {
			t.Errorf("%s, which stayed: %d", stays, res.StatusCode)
		}
	}
}

// The search page has a tab for each kind, notes and files among them; the menu of
// the top bar has a few of each.
// spec: records.search-tabs
func TestSearchTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/deals")
	p, err := s.people.CreatePerson(t.Context(), me, records.Person{Name: "Quirin Zabel"})
	s.ok(err)
	_, err = s.people.CreateNote(t.Context(), me, records.Note{Content: "<p>Wants the zabelwood shelf</p>", Person: p.ID})
	s.ok(err)
	_, err = s.people.CreateRemoteFile(t.Context(), me, records.File{Name: "zabel-plan.pdf", RemoteLocation: "googledrive", RemoteID: "x1", Person: records.Ref{ID: p.ID}})
	s.ok(err)
	for i := range 12 {
		_, err := s.people.CreateOrganization(t.Context(), me, records.Organization{Name: fmt.Sprint("Zabel Works ", i)})
		s.ok(err)
	}
	_, body := s.get("/search?term=zabel")
	checkMarkup(t, "/search", body)
	for _, part := range []string{"Quirin Zabel", "zabelwood shelf", "zabel-plan.pdf", "All Organizations"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if n := strings.Count(body, "Zabel Works"); n != 8 {
		t.Errorf("%d organizations among all, want 8", n)
	}
	if _, tab := s.get("/search?term=zabel&kind=organization"); strings.Count(tab, "Zabel Works") != 12 || strings.Contains(tab, "Quirin") {
		t.Error("the tab of organizations has others or not all")
	}
	if _, tab := s.get("/search?term=zabel&kind=note"); !strings.Contains(tab, "zabelwood") || strings.Contains(tab, "Zabel Works") {
		t.Error("the tab of notes has others or not all")
	}
	_, menu := s.get("/search?few=1&term=zabel", "search-menu")
	if strings.Count(menu, "Zabel Works") != 4 || !strings.Contains(menu, `role="option"`) || strings.Contains(menu, "<main") {
		t.Errorf("the menu is %s", menu)
	}
	if _, menu := s.get("/search?few=1&term=qqqqq", "search-menu"); !strings.Contains(menu, "Nothing was found") {
		t.Errorf("the menu without hits is %s", menu)
	}
}

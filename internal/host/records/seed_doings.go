package records

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// SeedDemoDoings gives the records of [Service.SeedDemo] a life to look at: what
// was done and is to be done, calls, files, labels and fields of the company's own.
// If the company has any activity, or not the demo's records, it is left as it is.
func (s *Service) SeedDemoDoings(ctx context.Context, company int64) error {
	calls := make([]string, len(demoCalls))
	for i := range calls {
		calls[i] = strings.ReplaceAll(uuid.NewString(), "-", "")
	}
	now := s.db.Now()
	return s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		d := doingsSeeder{seeder: seeder{s: s, tx: tx, now: now}, callIDs: calls}
		ready, err := d.find()
		if err != nil || !ready {
			return err
		}
		for _, step := range []func() error{d.fields, d.labels, d.activities, d.calls, d.files} {
			if err := step(); err != nil {
				return fmt.Errorf("seed what is done with records: %w", err)
			}
		}
		return nil
	})
}

type doingsSeeder struct {
	seeder
	callIDs []string
	wood    Field
	prefers Field
}

// find reads the ids of the demo's records, by their places in its lists.
func (d *doingsSeeder) find() (bool, error) {
	busy, err := store.One(d.tx, store.Value[int64], `SELECT COUNT(*) FROM records_activity WHERE company_id = @company`)
	if err != nil || busy > 0 {
		return false, err
	}
	for _, list := range []struct {
		table string
		ids   *[]int64
		want  int
	}{
		{"records_organization", &d.organizationN, len(demoOrganizations)}, {"records_person", &d.personN, len(demoPersons)}, {"records_deal", &d.dealN, len(demoDeals)},
	} {
		if *list.ids, err = store.Select(d.tx, store.Value[int64], `SELECT id FROM `+list.table+` WHERE company_id = @company AND NOT deleted ORDER BY id`); err != nil {
			return false, err
		}
		if len(*list.ids) != list.want {
			return false, nil
		}
	}
	return true, nil
}

// at is a moment some days from today, at a time of day in UTC.
func (d *doingsSeeder) at(days int, clock string) time.Time {
	day := d.now.UTC().AddDate(0, 0, days).Format(time.DateOnly)
	t, err := time.Parse(time.DateTime, day+" "+clock+":00")
	if err != nil {
		return d.now
	}
	return t
}

func (d *doingsSeeder) fields() (err error) {
	by := d.caller(0)
	if d.wood, err = d.s.AddField(d.tx, by, Field{
		Entity: KindDeal, Code: "7f3a1c5e9b2d4f60818a7c6b5d4e3f2a1b0c9d8e", Name: "Wood", Type: TypeEnum,
		Options: []Option{{Label: "Oak"}, {Label: "Beech"}, {Label: "Walnut"}, {Label: "Birch"}},
	}); err != nil {
		return err
	}
	d.prefers, err = d.s.AddField(d.tx, by, Field{
		Entity: KindPerson, Code: "2b4d6f80a1c3e5072946b8d0f2a4c6e80b1d3f57", Name: "Best reached by", Type: TypeEnum,
		Options: []Option{{Label: "Phone"}, {Label: "WhatsApp"}, {Label: "Email"}},
	})
	return err
}

// labels gives labels and values of the new fields to some of the records.
func (d *doingsSeeder) labels() error {
	for i, id := range d.dealN {
		if i%2 == 1 {
			continue
		}
		deal, err := dealOf(d.tx, d.caller(i), id)
		if err != nil {
			return err
		}
		p := DealPatch{Custom: map[string]any{d.wood.Code: d.wood.Options[i/2%len(d.wood.Options)].ID}}
		if standard := StandardLabels(KindDeal); i%4 == 0 && len(standard) > 0 {
			p.Labels = &[]int64{standard[i/4%len(standard)].ID}
		}
		if _, err := d.s.updateDeal(d.tx, d.caller(i), deal, p); err != nil {
			return err
		}
	}
	for i, id := range d.personN {
		if i%3 != 0 {
			continue
		}
		person, err := readPerson(d.tx, d.caller(i), id)
		if err != nil {
			return err
		}
		p := PersonPatch{Custom: map[string]any{d.prefers.Code: d.prefers.Options[i/3%len(d.prefers.Options)].ID}}
		if standard := StandardLabels(KindPerson); i%6 == 0 && len(standard) > 0 {
			p.Labels = &[]int64{standard[i/6%len(standard)].ID}
		}
		if _, err := d.s.updatePerson(d.tx, d.caller(i), person, p); err != nil {
			return err
		}
	}
	return nil
}

func (d *doingsSeeder) activities() error {
	for i, x := range demoActivities {
		deal := demoDeals[x.deal]
		due := d.at(x.days, "09:00")
		a := Activity{
			Subject: x.subject, Type: x.kind, Owner: d.owner(x.deal), DueDate: due.Format(time.DateOnly), DueTime: x.time, Duration: x.length, Busy: Busy,
			Deal: d.dealN[x.deal], Participants: []Participant{{Person: d.personN[deal.person], Primary: true}}, Done: x.done, Note: x.note, Location: x.location,
		}
		if o := demoPersons[deal.person].organization; o >= 0 {
			a.Organization = d.organizationN[o]
		}
		if x.done {
			a.DoneAt = d.at(x.days, "16:00")
		}
		added := d.at(min(x.days, 0)-3, "10:00").Add(time.Duration(i) * time.Minute)
		if _, err := d.s.AddActivity(d.tx, d.caller(x.deal), a, added); err != nil {
			return err
		}
	}
	return nil
}

func (d *doingsSeeder) calls() error {
	for i, x := range demoCalls {
		person := demoPersons[x.person]
		start := d.at(-x.ago, x.time)
		k := Call{
			ID: d.callIDs[i], User: d.owner(x.person), Subject: "Call with " + person.name, Outcome: x.outcome, From: "+372 5550 0100", To: person.phone,
			StartedAt: start, EndedAt: start.Add(time.Duration(x.seconds) * time.Second), Duration: fmt.Sprint(x.seconds), Note: x.note, Person: d.personN[x.person],
		}
		if person.organization >= 0 {
			k.Organization = d.organizationN[person.organization]
		}
		if x.deal >= 0 {
			k.Deal = d.dealN[x.deal]
		}
		by := route.Caller{Company: d.tx.Company(), User: k.User, Admin: true}
		if _, err := d.s.AddCall(d.tx, by, k, nil, k.EndedAt); err != nil {
			return err
		}
	}
	return nil
}

func (d *doingsSeeder) files() error {
	for i, x := range demoFiles {
		f := File{Name: x.name, FileName: fmt.Sprintf("demo_%d_%s", i+1, x.name), Description: x.about, User: d.owner(x.deal), Deal: Ref{ID: d.dealN[x.deal]}}
		if _, err := d.s.AddFile(d.tx, d.caller(x.deal), f, []byte(x.text), d.at(-x.ago, "11:20")); err != nil {
			return err
		}
	}
	return nil
}

// days is from today on, below 0 ago. What is past and not done is overdue.
var demoActivities = []struct {
	subject, kind string
	deal, days    int
	time, length  string
	done          bool
	location      string
	note          string
}{
	{"Measure the terrace", "meeting", 0, -9, "08:30:00", "01:30:00", true, "12 Rue des Tanneurs, Strasbourg", "Slope of two per cent towards the river."},
	{"Send the teak samples", "task", 0, -4, "", "", true, "", ""},
	{"Showroom visit with Camille", "meeting", 0, 1, "13:00:00", "01:00:00", false, "Showroom", "Show the darker teak first."},
	{"Ask about the delivery date", "call", 1, -2, "10:00:00", "00:15:00", false, "", ""},
	{"Plan of the reading room", "deadline", 2, 3, "", "", false, "", "Partner wants the shelves to the ceiling."},
	{"Walk through the office", "meeting", 2, -6, "09:00:00", "02:00:00", true, "Lindenallee 8, Hamburg", ""},
	{"Signature for six tables", "call", 3, 0, "14:30:00", "00:15:00", false, "", ""},
	{"Fire safety certificates", "email", 4, -1, "", "", false, "", "Together with the offer."},
	{"See the third floor", "meeting", 4, 5, "07:30:00", "03:00:00", false, "Rannaniidu 5, Haapsalu", ""},
	{"First talk about the lobby", "call", 5, -1, "11:00:00", "00:20:00", true, "", ""},
	{"Price per desk for the tender", "deadline", 6, 2, "", "", false, "", "Not per set."},
	{"Questions of the committee", "meeting", 6, 7, "12:00:00", "01:00:00", false, "Rådhusgata 1, Lillehammer", ""},
	{"Count the chairs", "task", 7, -3, "", "", false, "", ""},
	{"Lunch with Giulia", "lunch", 8, 4, "11:00:00", "01:30:00", false, "Via dei Glicini, Milano", ""},
	{"Mood board in oak", "task", 8, -5, "", "", true, "", ""},
	{"Call back about the villa", "call", 9, 0, "09:15:00", "00:15:00", false, "", ""},
	{"Autumn range: walk the fair", "meeting", 10, 9, "08:00:00", "04:00:00", false, "Göteborg", ""},
	{"Offer for the trial", "email", 11, -7, "", "", true, "", ""},
	{"Remind Elias", "call", 11, -1, "13:45:00", "00:10:00", false, "", ""},
	{"Colours with the children", "meeting", 12, 2, "10:30:00", "00:45:00", false, "Kalevankatu 30, Tampere", ""},
	{"Cover samples for five clinics", "task", 13, 0, "", "", false, "", ""},
	{"Video tour of the reception", "meeting", 14, 6, "15:00:00", "00:30:00", false, "", ""},
	{"Tatami sizes", "email", 15, -2, "", "", false, "", ""},
	{"Visit the east wing", "meeting", 16, 8, "07:00:00", "02:00:00", false, "Pihlaka 2, Tartu", ""},
	{"Dates of the two deliveries", "call", 17, 1, "09:30:00", "00:20:00", false, "", "Lucía agrees with the price."},
	{"Noise figures of the booths", "email", 18, 3, "", "", false, "", ""},
	{"Drawings for the set", "deadline", 19, 4, "", "", false, "", ""},
	{"Opening hours of the store", "task", 20, -8, "", "", true, "", ""},
	{"Measure two rooms", "meeting", 21, 11, "08:45:00", "01:00:00", false, "7 Harbour Road, Cork", ""},
	{"Thank Freja", "call", 22, -11, "10:00:00", "00:10:00", true, "", ""},
	{"Deliver the table", "task", 23, -2, "", "", true, "", ""},
	{"Ask again in spring", "task", 24, 90, "", "", false, "", ""},
}

// deal is -1 for none.
var demoCalls = []struct {
	person, deal, ago int
	time              string
	seconds           int
	outcome, note     string
}{
	{0, 0, 3, "08:12", 334, "connected", "Comes on Thursday. Asked for cushions, too."},
	{1, 1, 2, "13:40", 21, "no_answer", ""},
	{5, 4, 4, "07:55", 612, "connected", "The other supplier is cheaper by four per cent, later by a month."},
	{7, 6, 1, "09:30", 48, "left_voicemail", "Asked for the date of the committee."},
	{11, 10, 6, "12:05", 187, "connected", "Wants to see the range at the fair."},
	{12, 11, 1, "14:20", 12, "busy", ""},
	{21, 17, 5, "10:10", 405, "connected", "Two deliveries are fine."},
	{31, 23, 2, "16:02", 95, "connected", "The table has come and fits."},
	{33, -1, 0, "06:30", 33, "left_message", ""},
	{35, -1, 1, "11:48", 9, "wrong_number", ""},
}

var demoFiles = []struct {
	name, about, text string
	deal, ago         int
}{
	{"terrace-measures.csv", "As measured on site", "place,width cm,depth cm\nriver side,640,280\ndoor,180,120\nkitchen wall,410,220\n", 0, 9},
	{"room-list.csv", "All rooms of the hotel, floor by floor", "floor,rooms,beds,desks\n1,14,28,14\n2,14,28,14\n3,14,28,12\n", 4, 6},
	{"tender-questions.txt", "", "1. Price per desk, delivered\n2. Years of guarantee\n3. Who takes back the old desks\n", 6, 3},
	{"delivery-plan.txt", "Agreed by phone", "First delivery: 30 desks, in week 3\nSecond delivery: 30 desks, in week 7\n", 17, 4},
}

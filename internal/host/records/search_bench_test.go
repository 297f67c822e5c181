package records

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var (
	firstNames = []string{"Mari", "Jaan", "Camille", "Théo", "Ulrike", "Selin", "Kristjan", "Liis", "Ingrid", "Amund", "Giulia", "Matteo", "Maja", "Oliver", "Nadia", "Hanna", "Peeter", "Sofia", "Andrés", "Yuki"}
	lastNames  = []string{"Tamm", "Kask", "Roux", "Marchand", "Bergmann", "Petersen", "Aydın", "Solberg", "Haugen", "Ferraro", "Conti", "Ahlgren", "Whitcombe", "Haddad", "Saar", "Mägi", "Lund", "Sato", "Ortega", "Weiss"}
)

// growing fills the index with persons of a company, as their changes would.
func growing(b *testing.B, s *Service, from, to int) {
	b.Helper()
	for at := from; at < to; at += 1000 {
		err := s.db.Company(1).Update(b.Context(), func(tx *store.Tx) error {
			for i := at; i < min(at+1000, to); i++ {
				first, last := firstNames[i%20], lastNames[i/20%20]
				d := document{
					kind: KindPerson, id: strconv.Itoa(i + 1), owner: 1, visible: 3, Title: fmt.Sprintf("%s %s %x", first, last, i*2654435761%(1<<32)),
					Emails: []string{fmt.Sprintf("p%d@firm%d.example.com", i, i%977)}, Phones: []string{fmt.Sprintf("+372 5%07d", i)},
				}
				if err := s.put(tx, d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch shows how the cost of a search grows with the number of
// records: of a rare name, a common name, a telephone number, what everybody has,
// and what nobody has. DOCKWRIGHT_SEARCH_ROWS sets the largest number.
func BenchmarkSearch(b *testing.B) {
	most := 10_000
	if n, err := strconv.Atoi(os.Getenv("DOCKWRIGHT_SEARCH_ROWS")); err == nil {
		most = n
	}
	for name, open := range map[string]func(testing.TB, ...store.Migrations) *store.DB{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b, lane.Migrations, live.Migrations, Migrations)
			s := New(db)
			c := route.Caller{Company: 1, User: 1, Admin: true}
			if err := s.built(b.Context(), c); err != nil {
				b.Fatal(err)
			}
			for have, n := 0, 1000; n <= most; have, n = n, n*10 {
				began := time.Now()
				growing(b, s, have, n)
				written := float64(time.Since(began).Microseconds()) / float64(n-have)
				for _, term := range []struct{ name, text string }{
					{"rare", "Mari Tamm " + fmt.Sprintf("%x", 400*2654435761%(1<<32))}, {"common", "camille"}, {"phone", "5000 0042"},
					{"everybody", "example.com"}, {"nobody", "zzyzx"}, {"two", "ma"}, {"mixed", "arc"},
				} {
					b.Run(fmt.Sprintf("%d/%s", n, term.name), func(b *testing.B) {
						for b.Loop() {
							if _, _, err := s.FindRecords(b.Context(), c, Find{Term: term.text, Limit: 100}); err != nil {
								b.Fatal(err)
							}
						}
						b.ReportMetric(written, "µs/write")
					})
				}
			}
		})
	}
}

package journal

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// BenchmarkRecord measures what an exchange costs from Record until it is on
// disk, with full durability.
func BenchmarkRecord(b *testing.B) {
	db := storetest.Open(b, store.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "journal.db"), Migrations: []store.Migrations{Migrations}})
	j := New(db, Options{})
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer 0123456789abcdef"}, "User-Agent": {"bench"}}
	for i := range b.N {
		if i%queueEntries == queueEntries-1 {
			if err := j.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		j.Record(Exchange{
			Direction: In, Company: 1, ClientID: "app", Method: "POST", URL: "http://localhost:8080/v1/channels/messages/receive",
			Path: "/v1/channels/messages/receive", Status: 200, RequestHeader: header, ResponseHeader: header, Requirement: "messaging.receive",
			RequestBody:  fmt.Appendf(nil, `{"id":"m-%d","channel_id":"c1","sender_id":"u1","conversation_id":"v1","message":"Do you ship to Norway?","status":"sent","created_at":"2026-11-21 02:00","attachments":[]}`, i),
			ResponseBody: []byte(`{"success":true}`),
		})
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	if n := j.Dropped(); n > 0 {
		b.Fatalf("%d dropped", n)
	}
}

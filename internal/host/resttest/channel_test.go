package resttest

import "testing"

// The Channels API answers as it is described; what it does is the inbox's own
// tests' matter.
func TestChannels(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	a := s.do(call{op: "POST /v1/channels", body: map[string]any{"name": "Shop line", "provider_channel_id": "chan-88"}})
	a.is("data.pd_company_id", s.Company.ID)
	s.do(call{op: "POST /v1/channels", body: map[string]any{"name": 5}, want: 400})
	s.do(call{op: "POST /v1/channels/messages/receive", body: map[string]any{
		"id": "wamid.C3", "channel_id": "chan-88", "sender_id": "wa-1", "conversation_id": "thr-7001",
		"message": "Great, thanks", "status": "sent", "created_at": "2026-03-04 09:31", "attachments": []any{},
	}}).is("data.id", "wamid.C3")
	s.do(call{op: "DELETE /v1/channels/{channel}/conversations/{conversation}", path: []any{"chan-89", "thr-7001"}, want: 404})
	s.do(call{op: "DELETE /v1/channels/{channel}/conversations/{conversation}", path: []any{"chan-88", "thr-7001"}})
	s.do(call{op: "DELETE /v1/channels/{id}", path: []any{"chan-88"}})
}

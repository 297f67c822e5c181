package resttest

import "testing"

// An app links its user for video calls, in any spelling of the path, and takes the
// link away; what is refused says so in a message.
// spec: rest.meetings.user-provider-links
// spec: rest.meetings.spellings
func TestUserProviderLinks(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	link := func(id string, change object) object {
		out := object{"user_provider_id": id, "user_id": s.Admin.ID, "company_id": s.Company.ID, "marketplace_client_id": s.App.ClientID}
		for key, v := range change {
			out[key] = v
		}
		return out
	}
	const one, two, three = "1e3943c9-6395-462b-b432-1f252c017f3d", "2e3943c9-6395-462b-b432-1f252c017f3d", "3e3943c9-6395-462b-b432-1f252c017f3d"
	for op, id := range map[string]string{"POST /v1/meetings/userProviderLinks": one, "POST /v1/meetings/userProviderLink": two, "POST /v1/meetings/user-provider-links": three} {
		for range 2 { // once more changes nothing
			s.do(call{op: op, body: link(id, nil)}).is("data.message", "The user was added successfully")
		}
	}
	for _, c := range []struct {
		change object
		status int
	}{
		{object{"user_id": nil}, 401}, {object{"company_id": 0}, 401}, {object{"user_provider_id": "7"}, 400}, {object{"user_provider_id": nil}, 400},
		{object{"user_id": s.Agent.ID}, 403}, {object{"company_id": 999}, 403}, {object{"marketplace_client_id": "another"}, 403}, {object{"user_id": "x"}, 400},
	} {
		s.do(call{op: "POST /v1/meetings/userProviderLinks", body: link(one, c.change), want: c.status}).text("message")
	}
	other := s.Install(s.Agent, "video-calls")
	taken := object{"user_provider_id": one, "user_id": s.Agent.ID, "company_id": s.Company.ID, "marketplace_client_id": other.ClientID}
	s.do(call{op: "POST /v1/meetings/userProviderLinks", token: other.AccessToken, body: taken, want: 409})
	s.do(call{op: "DELETE /v1/meetings/userProviderLinks/{id}", token: other.AccessToken, path: []any{one}, want: 404})
	s.do(call{op: "DELETE /v1/meetings/userProviderLinks/{id}", path: []any{one}}).is("data.message", "The user data was successfully removed")
	s.do(call{op: "DELETE /v1/meetings/userProviderLinks/{id}", path: []any{one}, want: 404})
	s.do(call{op: "DELETE /v1/meetings/user-provider-links/{id}", path: []any{two}})
}

package hosttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Do sends a request and returns the whole answer. path begins with "/". body is
// sent as JSON unless it is nil; a []byte or json.RawMessage is sent as it is.
// token is an access token or a personal API token, or "" for none; each goes
// into the header it belongs in. A request that gets no answer fails the test.
func (h *Host) Do(method, path, token string, body any) (status int, header http.Header, raw []byte) {
	h.t.Helper()
	req, err := newRequest(method, h.URL+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	authorize(req, token)
	status, header, raw, err = send(req)
	if err != nil {
		h.t.Fatal(err)
	}
	return status, header, raw
}

// authorize puts a token where it belongs.
func authorize(req *http.Request, token string) {
	switch {
	case token == "":
	case strings.HasPrefix(token, "v1u:"):
		req.Header.Set("Authorization", "Bearer "+token)
	default:
		req.Header.Set("x-api-token", token)
	}
}

func newRequest(method, url string, body any) (*http.Request, error) {
	var raw []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("body of %s %s: %w", method, url, err)
		}
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(raw))
	if err == nil && body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

// client gives up on a host that hangs before the test binary is given up on.
var client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func send(req *http.Request) (int, http.Header, []byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("read the answer of %s %s: %w", req.Method, req.URL, err)
	}
	return resp.StatusCode, resp.Header, raw, nil
}

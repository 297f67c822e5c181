package appkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
)

// REST calls a host's REST API with the tokens of its installations.
type REST struct {
	Tokens *Tokens
	// HTTP is the client. Default: one that dials public addresses only.
	HTTP *http.Client
	// Patience is how long a call may wait, all in all, when the host answers that
	// there are too many and when to come again. 0 returns the *APIError at once.
	Patience time.Duration
	Now      func() time.Time
}

// APIError is an answer of the REST API that is not a success.
type APIError struct {
	Method, Path string
	Status       int
	Code         string // additional_data.code, such as ADMIN_ONLY; may be empty
	Text         string // what the host said
	Field        string // which key was wrong, where the host says so
	// RetryAfter is how long the host asks to wait: with 429, and with 503 where
	// it says so. 0 when it does not, 24 hours at most.
	RetryAfter time.Duration
}

func (e *APIError) Error() string {
	s := fmt.Sprintf("%s %s: host answered %d", e.Method, e.Path, e.Status)
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	return s
}

// Do calls path, such as /deals/7, below /v1 of the account's API domain; a path
// that begins with /api/, such as /api/v2/deals, is taken as it is. in is sent as
// JSON unless it is nil; the answer's body is decoded into out unless that is nil.
// If the host answers 401 the token is renewed and the call made once more. The
// error may be an *APIError, ErrNotInstalled or ErrRevoked.
func (c *REST) Do(ctx context.Context, a Account, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	for left := c.Patience; ; {
		err := c.renewing(ctx, a, method, path, body, out)
		busy, ok := errors.AsType[*APIError](err)
		if !ok || busy.Status != http.StatusTooManyRequests || busy.RetryAfter <= 0 || busy.RetryAfter > left {
			return err
		}
		left -= busy.RetryAfter
		select {
		case <-time.After(busy.RetryAfter):
		case <-ctx.Done():
			return fmt.Errorf("%w while waiting after: %w", ctx.Err(), err)
		}
	}
}

// renewing makes a call, and once more with another token if it was refused for
// its token.
func (c *REST) renewing(ctx context.Context, a Account, method, path string, body []byte, out any) error {
	tok, err := c.Tokens.Get(ctx, a)
	if err != nil {
		return err
	}
	err = c.once(ctx, tok, method, path, body, out)
	if ae, ok := errors.AsType[*APIError](err); !ok || ae.Status != http.StatusUnauthorized {
		return err
	}
	if tok, err = c.Tokens.Renew(ctx, a, tok.Access); err != nil {
		return err
	}
	return c.once(ctx, tok, method, path, body, out)
}

// Get reads what stands in data of the answer to GET path; see [REST.Do].
//
//	deal, err := appkit.Get[crmapi.Deal](ctx, rest, account, "/deals/7")
func Get[T any](ctx context.Context, c *REST, a Account, path string) (T, error) {
	var answer struct {
		Data T `json:"data"`
	}
	err := c.Do(ctx, a, http.MethodGet, path, nil, &answer)
	return answer.Data, err
}

// User is who a token speaks for.
type User struct {
	Account
	Name          string
	Email         string
	CompanyName   string
	CompanyDomain string
	Admin         bool
}

// Me asks whose token t is. The token response does not say, so this is the
// first call after [OAuth.Exchange].
func (c *REST) Me(ctx context.Context, t Token) (User, error) {
	var body struct {
		Data struct {
			ID            int64  `json:"id"`
			CompanyID     int64  `json:"company_id"`
			Name          string `json:"name"`
			Email         string `json:"email"`
			CompanyName   string `json:"company_name"`
			CompanyDomain string `json:"company_domain"`
			IsAdmin       any    `json:"is_admin"` // 1 and true are both seen
		} `json:"data"`
	}
	if err := c.once(ctx, t, http.MethodGet, "/users/me", nil, &body); err != nil {
		return User{}, err
	}
	d := body.Data
	if d.ID <= 0 || d.CompanyID <= 0 {
		return User{}, fmt.Errorf("GET /users/me: expected data.id and data.company_id, got %d and %d", d.ID, d.CompanyID)
	}
	return User{
		Account: Account{Company: d.CompanyID, User: d.ID}, Name: d.Name, Email: d.Email,
		CompanyName: d.CompanyName, CompanyDomain: d.CompanyDomain,
		Admin: d.IsAdmin == true || d.IsAdmin == float64(1),
	}, nil
}

func (c *REST) once(ctx context.Context, t Token, method, path string, body []byte, out any) error {
	below := "/v1"
	if strings.HasPrefix(path, "/api/") {
		below = ""
	}
	req, err := http.NewRequestWithContext(ctx, method, t.APIDomain+below+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+t.Access)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := clientOr(c.HTTP).Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := dial.ReadAll(resp.Body, maxBody)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.failure(method, path, resp, raw)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s %s: answer is not the JSON expected: %w", method, path, err)
	}
	return nil
}

func (c *REST) failure(method, path string, resp *http.Response, raw []byte) error {
	e := &APIError{Method: method, Path: path, Status: resp.StatusCode, RetryAfter: c.retryAfter(resp.Header.Get("Retry-After"))}
	var body struct {
		Error      any    `json:"error"`
		Message    string `json:"message"`
		Additional struct {
			Code    string `json:"code"`
			Field   string `json:"field"`
			Message string `json:"message"`
		} `json:"additional_data"`
	}
	decodeLoose(raw, &body)
	e.Code, e.Field = body.Additional.Code, body.Additional.Field
	text, _ := body.Error.(string)
	for _, s := range []string{body.Additional.Message, text, body.Message, http.StatusText(resp.StatusCode)} {
		if s != "" {
			e.Text = s
			break
		}
	}
	return e
}

// longestWait is the most that is believed of a Retry-After.
const longestWait = 24 * time.Hour

// retryAfter reads seconds or an HTTP date.
func (c *REST) retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 0 {
		return time.Duration(min(n, int(longestWait/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(nowOr(c.Now)), 0), longestWait)
	}
	return 0
}

// decodeLoose reads what it can of a body that may be anything.
func decodeLoose(raw []byte, into any) { _ = json.Unmarshal(raw, into) }

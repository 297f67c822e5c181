package appkit

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// DefaultSkew is how far the clocks of host and app may differ when a
// [TokenCheck] does not say.
const DefaultSkew = time.Minute

// maxToken bounds a signed token, in bytes. A real one has some 200.
const maxToken = 8 << 10

// TokenCheck is what a signed token is held against.
type TokenCheck struct {
	// Secret is the JWT secret of the extension, or the app's client secret where
	// the extension has none in the Developer Hub.
	Secret string
	// Company, unless 0, is the only one whose tokens are accepted.
	Company int64
	// Skew is how far the clocks may differ: 0 for [DefaultSkew], below 0 for not
	// at all.
	Skew time.Duration
	Now  func() time.Time
}

// TokenReason is why a signed token was refused.
type TokenReason string

// The reasons.
const (
	TokenMissing        TokenReason = "missing"
	TokenMalformed      TokenReason = "malformed"
	TokenWrongAlgorithm TokenReason = "wrong algorithm"
	TokenWrongSecret    TokenReason = "wrong secret"
	TokenExpired        TokenReason = "expired"
	TokenNotYetValid    TokenReason = "not yet valid"
	TokenOtherCompany   TokenReason = "other company"
	TokenOtherUser      TokenReason = "other user"
)

// TokenError is a refused signed token. Its text is for the developer of the
// app; it holds nothing secret.
type TokenError struct {
	Reason TokenReason
	Text   string // what was expected, what came and what to do
}

func (e *TokenError) Error() string {
	return fmt.Sprintf("signed token: %s: %s", e.Reason, e.Text)
}

func refuseToken(reason TokenReason, format string, args ...any) error {
	return &TokenError{Reason: reason, Text: fmt.Sprintf(format, args...)}
}

// ErrNoSecret is returned by [VerifyToken] when the app has no secret to verify
// with. It is a fault of the app, not of who sent the token.
var ErrNoSecret = errors.New("appkit: there is no secret to verify signed tokens with; set the extension's JWT secret, or the client secret")

// VerifyToken checks a token that a host signed for an iframe and returns who
// looks at it. The algorithm is HS256 and no other, and a token without expiry is
// refused. The error is a *TokenError or ErrNoSecret.
// spec: appkit.token
func VerifyToken(token string, c TokenCheck) (surfaceapi.Claims, error) {
	switch {
	case c.Secret == "":
		return surfaceapi.Claims{}, ErrNoSecret
	case token == "":
		return surfaceapi.Claims{}, refuseToken(TokenMissing, "expected a token, got none; hosts send it as the query parameter token")
	case len(token) > maxToken:
		return surfaceapi.Claims{}, refuseToken(TokenMalformed, "expected at most %d bytes, got %d", maxToken, len(token))
	}
	now, skew := nowOr(c.Now), max(cmp.Or(c.Skew, DefaultSkew), 0)
	var said tokenClaims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
		jwt.WithLeeway(skew), jwt.WithTimeFunc(func() time.Time { return now }),
	)
	parsed, err := parser.ParseWithClaims(token, &said, func(*jwt.Token) (any, error) { return []byte(c.Secret), nil })
	if err != nil {
		return surfaceapi.Claims{}, said.refusal(parsed, err, now, skew)
	}
	if err := said.check(c.Company); err != nil {
		return surfaceapi.Claims{}, err
	}
	claims := surfaceapi.Claims{UserID: int64(said.UserID), CompanyID: int64(said.CompanyID), Expires: said.Expires.Unix()}
	if said.IssuedAt != nil {
		claims.IssuedAt = said.IssuedAt.Unix()
	}
	return claims, nil
}

// tokenClaims are the claims as they stand in a token.
type tokenClaims struct {
	UserID    claimID          `json:"userId"`
	CompanyID claimID          `json:"companyId"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	Expires   *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf"`
}

// claimID is an id above 0. All hosts known write a number; none writes text.
// spec: appkit.token.numbers
type claimID int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *claimID) UnmarshalJSON(raw []byte) error {
	var v int64
	if err := json.Unmarshal(raw, &v); err != nil || v <= 0 {
		return fmt.Errorf("expected userId and companyId as numbers above 0, got %.40s", raw)
	}
	*n = claimID(v)
	return nil
}

// GetExpirationTime and its like implement jwt.Claims.
func (c *tokenClaims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }

// GetIssuedAt implements jwt.Claims.
func (c *tokenClaims) GetIssuedAt() (*jwt.NumericDate, error) { return c.IssuedAt, nil }

// GetNotBefore implements jwt.Claims.
func (c *tokenClaims) GetNotBefore() (*jwt.NumericDate, error) { return c.NotBefore, nil }

// GetIssuer implements jwt.Claims. Hosts do not say.
func (c *tokenClaims) GetIssuer() (string, error) { return "", nil }

// GetSubject implements jwt.Claims. Hosts do not say.
func (c *tokenClaims) GetSubject() (string, error) { return "", nil }

// GetAudience implements jwt.Claims. Hosts do not say.
func (c *tokenClaims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }

// check looks at what a genuine token says. company is 0 for any.
func (c *tokenClaims) check(company int64) error {
	if c.UserID == 0 || c.CompanyID == 0 {
		return refuseToken(TokenMalformed, "expected the claims userId and companyId, got %d and %d", c.UserID, c.CompanyID)
	}
	if company != 0 && int64(c.CompanyID) != company {
		return refuseToken(TokenOtherCompany, "expected company %d, got %d", company, c.CompanyID)
	}
	return nil
}

// refusal puts the library's error into words that say what to do.
func (c *tokenClaims) refusal(t *jwt.Token, err error, now time.Time, skew time.Duration) error {
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return refuseToken(TokenMalformed, "expected a JWT, %s", strings.TrimPrefix(err.Error(), jwt.ErrTokenMalformed.Error()+": "))
	case t == nil || t.Method == nil || t.Method.Alg() != jwt.SigningMethodHS256.Alg():
		return refuseToken(TokenWrongAlgorithm, "expected alg HS256, got %s", algorithm(t))
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return refuseToken(TokenWrongSecret, "the signature was not made with this secret; an extension that has a JWT secret of its own in the Developer Hub signs with that one, any other with the app's client secret")
	case c.Expires == nil:
		return refuseToken(TokenMalformed, "expected the claim exp, got none")
	case errors.Is(err, jwt.ErrTokenExpired):
		return refuseToken(TokenExpired, "it ended at %s, now is %s and clocks may differ by %s; load the iframe again, or ask for a fresh one with get_signed_token",
			c.Expires.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), skew)
	case errors.Is(err, jwt.ErrTokenNotValidYet) && c.NotBefore != nil:
		return refuseToken(TokenNotYetValid, "it begins at %s, now is %s and clocks may differ by %s; compare the clocks",
			c.NotBefore.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), skew)
	default:
		return refuseToken(TokenMalformed, "%s", err)
	}
}

// algorithm is what the header says, shortened.
func algorithm(t *jwt.Token) string {
	if t == nil {
		return "none"
	}
	return fmt.Sprintf("%.40q", fmt.Sprint(t.Header["alg"]))
}

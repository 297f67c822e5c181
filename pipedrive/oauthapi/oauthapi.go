// Package oauthapi is what an app and its host say to each other about
// authorization: the token endpoint's answers and errors, the scope's odd
// separator, and what a callback URL receives.
//
// It needs the standard library only.
package oauthapi

import (
	"encoding/json"
	"net/http"
	"strings"
)

// TokenType is how the platform writes it.
const TokenType = "Bearer"

// Grant types of the token endpoint.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantExchangeAPIToken  = "exchange_api_token"
)

// UserDenied is the only value that the callback's "error" parameter has.
const UserDenied = "user_denied"

// Token is the token endpoint's answer with status 200.
type Token struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`      // see [SplitScope]
	APIDomain    string `json:"api_domain"` // scheme and host, no path, no slash at the end
}

// JoinScope writes scopes as the platform does: by commas, not by spaces as RFC
// 6749 says.
func JoinScope(scopes []string) string { return strings.Join(scopes, ",") }

// SplitScope reads scopes separated by commas or by spaces.
func SplitScope(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// Code is the value of an error's "error" key.
type Code string

// The codes. Only invalid_grant is shown by a source; the others are RFC 6749's.
const (
	InvalidRequest       Code = "invalid_request"
	InvalidClient        Code = "invalid_client"
	InvalidGrant         Code = "invalid_grant"
	UnsupportedGrantType Code = "unsupported_grant_type"
	ServerError          Code = "server_error"
)

// Error is the token endpoint's answer with any other status.
type Error struct {
	Success bool   `json:"success"` // false
	Message string `json:"message"`
	Code    Code   `json:"error"`
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Status is the HTTP status that e is sent with: 400 for all but failures of the
// host, wrong client credentials included.
func (e *Error) Status() int {
	if e.Code == ServerError {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// The documented errors of the token endpoint. The documents set parameter names
// in code font; the official client's tests show the messages without it.
// spec: oauth.token.messages
var (
	ErrMissingGrantType    = &Error{Message: "Missing parameter: grant_type", Code: InvalidRequest}
	ErrUnsupportedGrant    = &Error{Message: "Unsupported grant type: grant_type is invalid", Code: UnsupportedGrantType}
	ErrCodeInvalid         = &Error{Message: "Invalid grant: authorization_code is invalid", Code: InvalidGrant}
	ErrCodeExpired         = &Error{Message: "Invalid grant: authorization_code has expired", Code: InvalidGrant}
	ErrRefreshInvalid      = &Error{Message: "Invalid grant: refresh token is invalid", Code: InvalidGrant}
	ErrAPITokenInvalid     = &Error{Message: "Invalid grant: api_token is invalid", Code: InvalidGrant}
	ErrNoClientCredentials = &Error{Message: "Invalid client: cannot retrieve client credentials", Code: InvalidClient}
	ErrClientInvalid       = &Error{Message: "Invalid client: client is invalid", Code: InvalidClient}
	ErrRedirectNotURI      = &Error{Message: "Invalid request: redirect_uri is not a valid URI", Code: InvalidRequest}
	ErrRedirectInvalid     = &Error{Message: "Invalid request: redirect_uri is invalid", Code: InvalidRequest}
	ErrContentType         = &Error{Message: "Invalid request: content must be application/x-www-form-urlencoded", Code: InvalidRequest}
	ErrInternal            = &Error{Message: "Internal Server Error", Code: ServerError}
)

// Missing is the error for a form field that is absent.
func Missing(parameter string) *Error {
	return &Error{Message: "Missing parameter: " + parameter, Code: InvalidRequest}
}

// ParseError reads the body of a refused token request. Older hosts send
// "success" as a string, so that key is not read.
func ParseError(body []byte) (*Error, bool) {
	var e struct {
		Message string `json:"message"`
		Code    Code   `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || (e.Message == "" && e.Code == "") {
		return nil, false
	}
	return &Error{Message: e.Message, Code: e.Code}, true
}

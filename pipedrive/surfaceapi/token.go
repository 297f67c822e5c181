package surfaceapi

import "time"

// TokenLife is how long a signed token is good.
const TokenLife = 5 * time.Minute

// Claims are what a signed token says: a JWT signed with HS256 and the
// extension's JWT secret, or the app's client secret where the extension has
// none. It proves to the app's server who looks at the iframe; it gives no access
// to the API.
type Claims struct {
	UserID    int64 `json:"userId"`
	CompanyID int64 `json:"companyId"`
	IssuedAt  int64 `json:"iat"` // seconds since 1970
	Expires   int64 `json:"exp"` // seconds since 1970
}

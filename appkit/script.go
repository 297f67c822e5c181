package appkit

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the script
	"encoding/hex"
	"net/http"
	"slices"
	"sync"
	"time"
)

//go:embed surface.js
var surfaceScript []byte

// SurfaceScript serves the script that pages in iframes speak to the host with:
// the interface of the official SDK, as the global AppExtensionsSDK.
//
//	mux.Handle("GET /surface.js", appkit.SurfaceScript())
//
// In the page, <script src="/surface.js"></script> and then:
//
//	const sdk = new AppExtensionsSDK();
//	await sdk.initialize({ size: { height: 300 } });
//	await sdk.execute(AppExtensionsSDK.Command.SHOW_SNACKBAR, { message: 'Saved' });
//
// spec: appkit.surface-script
func SurfaceScript() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache") // asks each time, and is told that nothing changed
		w.Header().Set("ETag", scriptTag())
		http.ServeContent(w, r, "surface.js", time.Time{}, bytes.NewReader(surfaceScript))
	})
}

// SurfaceScriptFile is the script itself, for apps that serve it from a file.
func SurfaceScriptFile() []byte { return slices.Clone(surfaceScript) }

var scriptTag = sync.OnceValue(func() string {
	sum := sha256.Sum256(surfaceScript)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
})

package messaging

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"math"
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
)

// pictureSize is twice the 48 pixels that hosts show.
const pictureSize = 96

// palette are backgrounds on which white reads well.
var palette = []color.RGBA{
	{0x2f, 0x6f, 0xd6, 255}, {0x0f, 0x86, 0x6b, 255}, {0x8a, 0x4f, 0xc7, 255}, {0xc2, 0x4a, 0x2c, 255},
	{0x1f, 0x7a, 0x9a, 255}, {0xb0, 0x35, 0x74, 255}, {0x5b, 0x6a, 0x1e, 255}, {0x4a, 0x56, 0xb8, 255},
}

var white = color.RGBA{255, 255, 255, 255}

// channelPicture is a speech bubble in a colour of the name's own, for channels
// without a picture.
func channelPicture(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	back := palette[int(sum[0])%len(palette)]
	return paint(func(x, y float64) color.RGBA {
		const dots = 46.0
		for _, cx := range []float64{34, 48, 62} {
			if math.Hypot(x-cx, y-dots) < 4.6 {
				return back
			}
		}
		inBubble := roundRect(x, y, 18, 26, 78, 66, 15)
		inTail := y >= 60 && y <= 80 && x >= 30 && x <= 30+(80-y)*1.1
		if inBubble || inTail {
			return white
		}
		return back
	})
}

// personMark is what a person's picture is made from. It says nothing about the
// id, because pictures can be fetched by anybody who knows their address.
func personMark(id string) string {
	sum := sha256.Sum256([]byte("person picture\x00" + id))
	return hex.EncodeToString(sum[:8])
}

// personPicture is a pattern that tells strangers apart.
func personPicture(mark []byte) []byte {
	front := palette[int(mark[0])%len(palette)]
	back := color.RGBA{mix(front.R), mix(front.G), mix(front.B), 255}
	const cell, edge = 14.0, 13.0
	return paint(func(x, y float64) color.RGBA {
		col, row := int((x-edge)/cell), int((y-edge)/cell)
		if x < edge || y < edge || col > 4 || row > 4 {
			return back
		}
		if col > 2 {
			col = 4 - col // the right half mirrors the left
		}
		bit := row*3 + col
		if mark[1+bit/8]>>(bit%8)&1 == 1 {
			return front
		}
		return back
	})
}

// mix is a colour's part, nine tenths of the way to white.
func mix(c uint8) uint8 { return uint8((int(c) + 6*255) / 7) }

func roundRect(x, y, x0, y0, x1, y1, r float64) bool {
	dx := max(x0+r-x, 0, x-(x1-r))
	dy := max(y0+r-y, 0, y-(y1-r))
	return math.Hypot(dx, dy) <= r
}

// paint asks for the colour at three by three points of each pixel, so that
// edges are smooth.
func paint(at func(x, y float64) color.RGBA) []byte {
	img := image.NewRGBA(image.Rect(0, 0, pictureSize, pictureSize))
	const n = 3
	for py := range pictureSize {
		for px := range pictureSize {
			var r, g, b int
			for i := range n * n {
				c := at(float64(px)+(float64(i%n)+0.5)/n, float64(py)+(float64(i/n)+0.5)/n)
				r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
			}
			img.SetRGBA(px, py, color.RGBA{uint8(r / (n * n)), uint8(g / (n * n)), uint8(b / (n * n)), 255})
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img) // a buffer takes everything
	return out.Bytes()
}

func (a *App) pictureRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/channels/{channel}/avatar.png", Access: Public, Req: "app.messaging.pictures", Handler: a.channelAvatar},
		{Method: http.MethodGet, Pattern: "/channels/{channel}/people/{mark}", Access: Public, Req: "app.messaging.pictures", Handler: a.personAvatar},
		{Method: http.MethodGet, Pattern: "/files/{channel}/{file}/{name}", Access: Public, Req: "app.messaging.link-expires", Handler: func(w http.ResponseWriter, r *http.Request) {
			if err := a.core.links.serve(w, r); err != nil {
				a.core.Refused(w, r, err)
			}
		}},
	}
}

func (a *App) channelAvatar(w http.ResponseWriter, r *http.Request) {
	ch, err := a.core.channels.find(r.Context(), r.PathValue("channel"))
	if err != nil {
		a.core.Refused(w, r, err)
		return
	}
	body, kind, err := a.core.channels.avatar(r.Context(), ch)
	if err != nil {
		a.core.Refused(w, r, err)
		return
	}
	writePicture(w, kind, body)
}

func (a *App) personAvatar(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("mark")
	mark, err := hex.DecodeString(name[:max(0, len(name)-len(".png"))])
	if err != nil || len(mark) != 8 {
		a.core.Refused(w, r, fault.Missing("there is no such picture"))
		return
	}
	writePicture(w, "image/png", personPicture(mark))
}

func writePicture(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(body)
}

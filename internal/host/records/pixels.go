package records

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif" // read by image.Decode
	"image/jpeg"
	"image/png"
	"math"

	"github.com/dockwright/dockwright/internal/fault"
)

// Bounds of a person's picture, and the sizes in which it is kept.
// spec: rest.persons.picture
const (
	MaxPicture     = 10 << 20 // bytes
	minPictureSide = 128      // pixels
	maxPictureSide = 4096     // pixels; four times that is memory for one upload

	SmallPicture = 128 // pixels at each side
	LargePicture = 512
)

// jpegQuality keeps faces clear at a twentieth of the pixels' bytes.
const jpegQuality = 90

// Crop is the part of a picture that is wanted; nil fields say nothing.
type Crop struct{ X, Y, Width, Height *int64 }

// pixels is a picture in both sizes.
type pixels struct {
	contentType  string
	small, large []byte
}

// readPixels makes both sizes of an uploaded picture. What is a square of the large
// size already stays as it is.
func readPixels(raw []byte, crop Crop) (pixels, error) {
	size, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || kind != "png" && kind != "jpeg" && kind != "gif" {
		return pixels{}, fault.New(fault.Invalid, "file", "Expected a GIF, JPG or PNG picture, got something else.")
	}
	if size.Width > maxPictureSide || size.Height > maxPictureSide {
		return pixels{}, fault.New(fault.Invalid, "file", "Expected at most %d pixels at each side, got %d × %d.", maxPictureSide, size.Width, size.Height)
	}
	part, err := crop.of(size.Width, size.Height)
	if err != nil {
		return pixels{}, err
	}
	whole, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return pixels{}, fault.New(fault.Invalid, "file", "The picture cannot be read to its end: %v.", err)
	}
	// Some pictures do not begin at the corner that their size counts from.
	large := square(whole, part.Add(whole.Bounds().Min), LargePicture)
	out := pixels{contentType: "image/png"}
	if kind == "jpeg" {
		out.contentType = "image/jpeg"
	}
	if out.small, err = encoded(square(large, large.Bounds(), SmallPicture), kind); err != nil {
		return pixels{}, err
	}
	if kind != "gif" && part == image.Rect(0, 0, LargePicture, LargePicture) && size.Width == LargePicture && size.Height == LargePicture {
		out.large = raw
		return out, nil
	}
	out.large, err = encoded(large, kind)
	return out, err
}

// of is the part of a picture of that many pixels: a square.
func (c Crop) of(width, height int) (image.Rectangle, error) {
	value := func(p *int64, usual int) int64 {
		if p == nil {
			return int64(usual)
		}
		return *p
	}
	x, y := value(c.X, 0), value(c.Y, 0)
	w, h := value(c.Width, width-int(min(max(x, 0), int64(width)))), value(c.Height, height-int(min(max(y, 0), int64(height))))
	whole := c.X == nil && c.Y == nil && c.Width == nil && c.Height == nil
	field := "crop_width"
	if whole {
		field = "file"
	}
	switch {
	case x < 0 || y < 0 || w <= 0 || h <= 0 || w > int64(width) || h > int64(height) || x > int64(width)-w || y > int64(height)-h:
		return image.Rectangle{}, fault.New(fault.Invalid, "crop_x", "Expected a part of the picture, which is %d × %d pixels; got %d × %d at %d, %d.", width, height, w, h, x, y)
	case w != h:
		return image.Rectangle{}, fault.New(fault.Invalid, field, "Expected a picture, or a part of it, that is as wide as high; got %d × %d pixels.", w, h)
	case w < minPictureSide:
		return image.Rectangle{}, fault.New(fault.Invalid, field, "Expected at least %d pixels at each side, got %d.", minPictureSide, w)
	}
	return image.Rect(int(x), int(y), int(x+w), int(y+h)), nil
}

func encoded(p *image.RGBA, kind string) ([]byte, error) {
	var b bytes.Buffer
	err := error(nil)
	if kind == "jpeg" {
		err = jpeg.Encode(&b, p, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(&b, p)
	}
	if err != nil {
		return nil, fmt.Errorf("encode a picture: %w", err)
	}
	return b.Bytes(), nil
}

// square is a part of a picture with so many pixels at each side. Each new pixel
// is the mean of those around its place, near ones counting more (a triangle
// filter), first along the rows and then along the columns.
func square(of image.Image, part image.Rectangle, side int) *image.RGBA {
	from := image.NewRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(from, from.Bounds(), of, part.Min, draw.Src)
	if part.Dx() == side && part.Dy() == side {
		return from
	}
	const channels = 4
	width, height := part.Dx(), part.Dy()
	rows := make([]float32, height*side*channels)
	for i, t := range taps(width, side) {
		for y := range height {
			for n, weight := range t.weights {
				at := y*from.Stride + (t.first+n)*channels
				for ch := range channels {
					rows[(y*side+i)*channels+ch] += weight * float32(from.Pix[at+ch])
				}
			}
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	for j, t := range taps(height, side) {
		for x := range side * channels {
			sum := float32(0)
			for n, weight := range t.weights {
				sum += weight * rows[(t.first+n)*side*channels+x]
			}
			out.Pix[j*out.Stride+x] = uint8(min(max(sum+0.5, 0), 255))
		}
	}
	return out
}

// tap is what one new pixel takes of a line: weights that make 1, from the pixel
// first on.
type tap struct {
	first   int
	weights []float32
}

func taps(from, to int) []tap {
	scale := float64(from) / float64(to)
	reach := max(scale, 1)
	out := make([]tap, to)
	for i := range out {
		center := (float64(i)+0.5)*scale - 0.5
		first, last := max(int(math.Ceil(center-reach)), 0), min(int(math.Floor(center+reach)), from-1)
		t, sum := tap{first: first}, 0.0
		for at := first; at <= last; at++ {
			weight := max(1-math.Abs(float64(at)-center)/reach, 0)
			t.weights, sum = append(t.weights, float32(weight)), sum+weight
		}
		for n := range t.weights {
			t.weights[n] /= float32(sum)
		}
		out[i] = t
	}
	return out
}

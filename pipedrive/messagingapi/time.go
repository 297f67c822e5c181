package messagingapi

import (
	"encoding/json"
	"fmt"
	"time"
)

// Time is an instant on the wire. The documents show it as ISO 8601 with
// milliseconds and Z, describe it as YYYY-MM-DD HH:MM, and mean UTC both times:
// both are read, the first is written.
// spec: messaging.time.both-formats
type Time struct{ time.Time }

// wireTime is the form that is written.
const wireTime = "2006-01-02T15:04:05.000Z"

// channelTime is the form of a channel's created_at, the only one that differs.
const channelTime = "2006-01-02 15:04:05"

// Years that a message may have been written in. Anything else is a mistake of
// units (seconds taken for milliseconds) or of parsing.
const (
	firstYear = 1990
	lastYear  = 2100
)

// At returns t as a wire time.
func At(t time.Time) Time { return Time{t.UTC()} }

// ParseTime reads both formats. A time without a zone is UTC; one with a zone is
// turned into UTC; what is finer than a microsecond is cut off.
func ParseTime(s string) (Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04", channelTime, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t = t.UTC().Truncate(time.Microsecond)
		if y := t.Year(); y < firstYear || y > lastYear {
			return Time{}, fmt.Errorf("expected a year from %d to %d, got %q", firstYear, lastYear, clip(s))
		}
		return Time{t}, nil
	}
	return Time{}, fmt.Errorf("expected a UTC time as 2026-03-04T09:15:00.000Z or 2026-03-04 09:15, with a year from %d to %d, got %q", firstYear, lastYear, clip(s))
}

// String is the form on the wire, "" for the zero Time.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(wireTime)
}

// MarshalJSON implements json.Marshaler. The zero Time is null.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.String())
}

// UnmarshalJSON implements json.Unmarshaler. Null and "" are the zero Time.
func (t *Time) UnmarshalJSON(raw []byte) error {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if s == nil || *s == "" {
		*t = Time{}
		return nil
	}
	parsed, err := ParseTime(*s)
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// ChannelTime is a Time that is written as YYYY-MM-DD HH:MM:SS, as a channel's
// created_at is.
type ChannelTime struct{ Time }

// MarshalJSON implements json.Marshaler.
func (t ChannelTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format(channelTime))
}

package rest

import (
	"strings"
	"time"
)

// The forms in which instants are written, all in UTC.
const (
	formV1    = "2006-01-02 15:04:05"
	formV2    = "2006-01-02T15:04:05Z"
	formMilli = "2006-01-02T15:04:05.000Z"
)

func sampleTime(v Version) string {
	if v == V2 {
		return "2026-11-30T09:00:00Z"
	}
	return "2026-11-30 09:00:00"
}

// Time is t in the version's form; nil for the zero time.
// spec: rest.dates
func Time(v Version, t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := TimeText(v, t)
	return &s
}

// TimeText is t in the version's form, for times that are never missing.
func TimeText(v Version, t time.Time) string {
	if v == V2 {
		return t.UTC().Format(formV2)
	}
	return t.UTC().Format(formV1)
}

// Milli is t as leads, call logs, comments and webhooks write it in version 1:
// RFC 3339 with milliseconds.
func Milli(t time.Time) string { return t.UTC().Format(formMilli) }

// ParseTime reads an instant: RFC 3339 in either version, and in version 1 also
// "2006-01-02 15:04:05" in UTC.
func ParseTime(v Version, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil && v == V1 {
		t, err = time.Parse(formV1, strings.Replace(s, "T", " ", 1))
	}
	return t.UTC(), err
}

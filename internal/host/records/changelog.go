package records

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Entry is one field of a record before and after a change, as texts.
type Entry struct {
	Change   int64  // of the history; entries of one change stand together
	Field    string // by the contract's word, or the code of a custom field
	Custom   bool
	From, To string // empty for none
	User     int64
	Source   string
	At       time.Time
}

// fieldWords are the contract's words for fields of the history. What is not here
// follows from other fields.
var fieldWords = map[string]string{
	"Name": "name", "FirstName": "first_name", "LastName": "last_name", "Title": "title", "Value": "value", "Stage": "stage_id", "Pipeline": "pipeline_id",
	"Person": "person_id", "Organization": "org_id", "Owner": "owner_id", "Status": "status", "LostReason": "lost_reason", "Probability": "probability",
	"ExpectedClose": "expected_close_date", "VisibleTo": "visible_to", "Labels": "label_ids", "Archived": "is_archived", "Channel": "channel",
	"ChannelID": "channel_id", "Emails": "email", "Phones": "phone", "JobTitle": "job_title", "MarketingStatus": "marketing_status", "Picture": "picture_id", "Address": "address",
	"Website": "website", "Industry": "industry", "LinkedIn": "linkedin", "AnnualRevenue": "annual_revenue", "Employees": "employee_count",
	"AddedAt": "add_time", "WonAt": "won_time", "LostAt": "lost_time", "ClosedAt": "close_time", "StageChangedAt": "stage_change_time",
}

// Changelog is what was changed in the fields of a record, newest first; limit and
// before count changes, of which each can have several fields. before is the id of
// the last change of the page before, 0 for the first page; next is that for the
// page after, 0 when there is none.
// spec: rest.changelog
func (s *Service) Changelog(ctx context.Context, c route.Caller, entity, id string, before int64, limit int) (list []Entry, next int64, err error) {
	var f finding
	f.and("entity = ?", entity)
	f.and("entity_id = ?", id)
	f.and("action <> '" + Added + "' AND fields <> '[]'")
	if before != 0 {
		f.and("id < ?", before)
	}
	var changes []Change
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		changes, err = store.Select(tx, scanChange, `SELECT id, entity, entity_id, action, user_id, source, fields, at FROM records_change
			WHERE company_id = @company`+f.where.String()+` ORDER BY id DESC LIMIT `+strconv.Itoa(limit+1), f.args...)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the changelog of %s %s: %w", entity, id, err)
	}
	changes, more := cut(changes, limit)
	if more {
		next = changes[len(changes)-1].ID
	}
	for _, ch := range changes {
		for _, field := range ch.Fields {
			for _, e := range entriesOf(field) {
				e.Change, e.User, e.Source, e.At = ch.ID, ch.User, ch.Source, ch.At
				list = append(list, e)
			}
		}
	}
	return list, next, nil
}

// entriesOf puts a change of a field into texts; custom fields are told one by one,
// and so are a value and its currency.
func entriesOf(f FieldChange) []Entry {
	if f.Field == "Custom" {
		return customEntries(f)
	}
	word, ok := fieldWords[f.Field]
	if !ok {
		return nil
	}
	var out []Entry
	if f.Field == "Value" {
		var from, to Money
		_ = json.Unmarshal(f.From, &from) // null is no value
		_ = json.Unmarshal(f.To, &to)
		if from.Currency != to.Currency {
			out = append(out, Entry{Field: "currency", From: from.Currency, To: to.Currency})
		}
		if from.Amount != to.Amount {
			out = append(out, Entry{Field: word, From: from.Decimal(), To: to.Decimal()})
		}
		return out
	}
	e := Entry{Field: word, From: entryText(f.From), To: entryText(f.To)}
	if e.From == e.To {
		return nil
	}
	return []Entry{e}
}

func customEntries(f FieldChange) []Entry {
	var from, to map[string]json.RawMessage
	_ = json.Unmarshal(f.From, &from) // null is no value
	_ = json.Unmarshal(f.To, &to)
	codes := slices.Collect(maps.Keys(from))
	for code := range to {
		if _, ok := from[code]; !ok {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	var out []Entry
	for _, code := range codes {
		if a, b := entryText(from[code]), entryText(to[code]); a != b {
			out = append(out, Entry{Field: code, Custom: true, From: a, To: b})
		}
	}
	return out
}

// entryText is a value of the history as a text: references by their ids, lists
// between commas, objects of custom fields by their value.
func entryText(raw json.RawMessage) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return ""
	}
	return textOf(v)
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			if t.IsZero() {
				return ""
			}
			return clock.FromMicros(clock.Micros(t)).Format(time.DateTime)
		}
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, textOf(item))
		}
		return strings.Join(out, ",")
	case map[string]any:
		for _, key := range []string{"ID", "Value", "value"} {
			if inner, ok := v[key]; ok {
				if text := textOf(inner); text != "0" {
					return text
				}
				return ""
			}
		}
	}
	return ""
}

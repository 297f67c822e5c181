package records

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
)

// Operator is how a condition compares, by the platform's words.
type Operator string

// The operators.
const (
	OpIs         Operator = "="
	OpIsNot      Operator = "!="
	OpLess       Operator = "<"
	OpAtMost     Operator = "<="
	OpMore       Operator = ">"
	OpAtLeast    Operator = ">="
	OpEmpty      Operator = "IS NULL"
	OpFilled     Operator = "IS NOT NULL"
	OpContains   Operator = "LIKE '%$%'"
	OpBegins     Operator = "LIKE '$%'"
	OpBeginsNot  Operator = "NOT LIKE '$%'"
	maxCondition          = 1000 // characters of a value
)

// WantsValue reports whether a condition with o has values.
func (o Operator) WantsValue() bool { return o != OpEmpty && o != OpFilled }

// positive is the operator of which o is the contrary, and o itself otherwise.
func (o Operator) positive() (p Operator, contrary bool) {
	switch o {
	case OpIsNot:
		return OpIs, true
	case OpEmpty:
		return OpFilled, true
	case OpBeginsNot:
		return OpBegins, true
	}
	return o, false
}

// Named is a word with what people call it.
type Named struct{ Word, Label string }

// family are types of fields that are compared alike.
type family int

const (
	ofNothing family = iota // filters cannot ask for it
	ofTexts
	ofNumbers
	ofDays
	ofHours
	ofChoices
	ofSets
	ofTruths
	ofLinks // all that can be asked is whether there is one
)

// families are the types that filters can ask for.
var families = map[FieldType]family{
	TypeVarchar: ofTexts, TypeVarcharAuto: ofTexts, "varchar_options": ofTexts, TypeText: ofTexts, TypePhone: ofTexts, TypeAddress: ofTexts,
	"int": ofNumbers, TypeDouble: ofNumbers, TypeMonetary: ofNumbers, TypeDate: ofDays, TypeDateRange: ofDays, TypeTime: ofHours, TypeTimeRange: ofHours,
	TypeEnum: ofChoices, TypeUser: ofChoices, TypePeople: ofChoices, TypeOrg: ofChoices, "deal": ofChoices, "lead": ofChoices, "stage": ofChoices,
	"status": ofChoices, "visible_to": ofChoices, TypeSet: ofSets, "boolean": ofTruths, "activity": ofLinks,
}

// FilterTypes are the types of fields that filters can ask for.
func FilterTypes() []FieldType {
	var out []FieldType
	for t := range families {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

var equality = []Named{{string(OpIs), "is"}, {string(OpIsNot), "is not"}}

var emptiness = []Named{{string(OpEmpty), "is empty"}, {string(OpFilled), "is not empty"}}

// operators are those of each family.
var operators = map[family][]Named{
	ofTexts: slices.Concat(equality, []Named{
		{string(OpContains), "contains"}, {string(OpBegins), "starts with"}, {string(OpBeginsNot), "does not start with"},
	}, emptiness),
	ofNumbers: slices.Concat(equality, []Named{
		{string(OpMore), "is more than"}, {string(OpAtLeast), "is at least"}, {string(OpLess), "is less than"}, {string(OpAtMost), "is at most"},
	}, emptiness),
	ofDays: slices.Concat(equality, []Named{
		{string(OpMore), "is later than"}, {string(OpAtLeast), "is exactly or later than"}, {string(OpLess), "is before"}, {string(OpAtMost), "is exactly or before"},
	}, emptiness),
	ofHours: slices.Concat(equality, []Named{
		{string(OpMore), "is later than"}, {string(OpAtLeast), "is exactly or later than"}, {string(OpLess), "is before"}, {string(OpAtMost), "is exactly or before"},
	}, emptiness),
	ofChoices: slices.Concat(equality, emptiness),
	ofSets:    slices.Concat(equality, emptiness),
	ofTruths:  equality,
	ofLinks:   emptiness,
}

// Operators are those that fields of a type can be asked with; none for types that
// filters cannot ask for.
// spec: rest.filters.operators
func Operators(t FieldType) []Named { return operators[families[t]] }

// span are days, both included; "" is open.
type span struct{ from, to string }

// RelativeDates are the words for days that move with the day of the question.
// spec: rest.filters.relative-dates
var RelativeDates = relativeDates()

func relativeDates() []Named {
	out := []Named{{"today", "today"}, {"yesterday", "yesterday"}, {"tomorrow", "tomorrow"}}
	for _, unit := range []string{"week", "month", "quarter", "year"} {
		out = append(out, Named{"this_" + unit, "this " + unit}, Named{"last_" + unit, "last " + unit}, Named{"next_" + unit, "next " + unit})
	}
	for _, ago := range []struct {
		unit string
		most int
	}{{"day", 6}, {"week", 4}, {"month", 12}, {"year", 2}} {
		for n := 1; n <= ago.most; n++ {
			word := strconv.Itoa(n) + "_" + ago.unit
			if n > 1 {
				word += "s"
			}
			word += "_ago"
			out = append(out, Named{word, strings.ReplaceAll(word, "_", " ")})
		}
	}
	return out
}

// days are the days that a word or a day means; today is the day of the question.
func days(word string, today time.Time) (span, bool) {
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	one := func(t time.Time) (span, bool) { return span{t.Format(time.DateOnly), t.Format(time.DateOnly)}, true }
	switch word {
	case "today":
		return one(today)
	case "yesterday":
		return one(today.AddDate(0, 0, -1))
	case "tomorrow":
		return one(today.AddDate(0, 0, 1))
	}
	if t, err := time.Parse(time.DateOnly, word); err == nil {
		return one(t)
	}
	parts := strings.Split(word, "_")
	if len(parts) == 2 {
		which, ok := map[string]int{"last": -1, "this": 0, "next": 1}[parts[0]]
		from, to := period(parts[1], today, which)
		return span{from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly)}, ok && from.Before(to)
	}
	if !slices.ContainsFunc(RelativeDates, func(n Named) bool { return n.Word == word }) {
		return span{}, false
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil {
		return span{}, false
	}
	switch strings.TrimSuffix(parts[1], "s") {
	case "day":
		return one(today.AddDate(0, 0, -n))
	case "week":
		return one(today.AddDate(0, 0, -7*n))
	case "month":
		return one(monthsBefore(today, n))
	}
	return one(monthsBefore(today, 12*n))
}

// period is a week, month, quarter or year so many of them away from today: its
// first day, and the first one behind it. Weeks begin on Mondays.
func period(unit string, today time.Time, away int) (from, to time.Time) {
	y, m, _ := today.Date()
	first := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
	switch unit {
	case "week":
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		return monday.AddDate(0, 0, 7*away), monday.AddDate(0, 0, 7*away+7)
	case "month":
		return first(y, m+time.Month(away)), first(y, m+time.Month(away)+1)
	case "quarter":
		m = (m-1)/3*3 + 1
		return first(y, m+time.Month(3*away)), first(y, m+time.Month(3*away)+3)
	case "year":
		return first(y+away, time.January), first(y+away+1, time.January)
	}
	return today, today
}

// monthsBefore is the same day some months earlier, or the last one of a month that
// is too short for it.
func monthsBefore(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	last := time.Date(y, m-time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return time.Date(last.Year(), last.Month(), min(d, last.Day()), 0, 0, 0, 0, time.UTC)
}

// checkValues checks the values of a condition on a field of a type.
func checkValues(c Condition, f Field, as form) error {
	wrong := func(expected, got string) error {
		return fault.New(fault.Invalid, "conditions", "Expected %s as the value for %q, got %q.", expected, f.Code, shorten(got))
	}
	if !c.Operator.WantsValue() {
		return nil
	}
	if n := len(c.Values); n == 0 || n > 1 && (families[f.Type] != ofChoices && families[f.Type] != ofSets || n > maxChoices) {
		return fault.New(fault.Invalid, "conditions", "Expected one value for %q %s (lists, of at most %d, are for what is chosen), got %d.", f.Code, c.Operator, maxChoices, n)
	}
	for _, v := range c.Values {
		var err error
		ok := strings.TrimSpace(v) != "" && len([]rune(v)) <= maxCondition
		switch families[f.Type] {
		case ofTexts:
			if !ok || as == asDigits && digits(v) == "" {
				return wrong("a text, with digits for a phone,", v)
			}
		case ofNumbers:
			if _, err = strconv.ParseFloat(v, 64); err != nil || !decimalNumber(v) {
				return wrong("a number", v)
			}
		case ofDays:
			if _, ok := days(v, time.Time{}); !ok {
				return wrong("a day such as 2026-11-30, or a word such as this_month or 1_week_ago,", v)
			}
		case ofHours:
			if _, err := checkHour("conditions", v); err != nil {
				return wrong("a time of day such as 09:30", v)
			}
		case ofTruths:
			if _, ok := truth(v); !ok {
				return wrong("1 or 0", v)
			}
		case ofSets:
			if _, err = strconv.ParseInt(v, 10, 64); err != nil {
				return wrong("the id of an option", v)
			}
		default:
			if _, err = strconv.ParseInt(v, 10, 64); !ok || as == asNumberID && err != nil {
				return wrong("an id", v)
			}
		}
	}
	return nil
}

// maxChoices is how many values a condition has at most.
const maxChoices = 100

// decimalNumber reports whether s is written in digits: not "Inf", "NaN" or "0x1".
func decimalNumber(s string) bool { return strings.Trim(s, "+-.0123456789eE") == "" }

// truth is a value of a field that is true or false.
func truth(s string) (is, ok bool) {
	switch s {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	}
	return false, false
}

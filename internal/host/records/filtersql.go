package records

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// fieldsByID reads the definitions of fields, those of a kind once.
type fieldsByID struct {
	tx   *store.Tx
	read map[string][]Field
}

// field is the field of a condition.
func (k *fieldsByID) field(kind string, id int64) (Field, error) {
	list, ok := k.read[kind]
	if !ok {
		var err error
		if list, err = fields(k.tx, kind); err != nil {
			return Field{}, err
		}
		if k.read == nil {
			k.read = map[string][]Field{}
		}
		k.read[kind] = list
	}
	i := slices.IndexFunc(list, func(f Field) bool { return f.ID == id })
	if i < 0 {
		return Field{}, fault.New(fault.Invalid, "conditions", "Expected the id of a field of a %s, got %d. Read the definitions of its fields first.", kind, id)
	}
	return list[i], nil
}

// check refuses a condition that cannot be asked of records of a kind.
func (k *fieldsByID) check(of string, c Condition) error {
	if _, linked := relations[of][c.Object]; !linked && c.Object != of {
		return fault.New(fault.Invalid, "conditions", "A filter that finds the kind %s cannot ask for fields of %q. Expected object to be one of %s.", of, c.Object, strings.Join(FilterObjects(of), ", "))
	}
	f, err := k.field(c.Object, c.Field)
	if err != nil {
		return err
	}
	at, ok := columnOf(k.tx.Dialect(), c.Object, f, c.Part)
	named := Operators(f.Type)
	switch {
	case c.Part != "" && !ok:
		return fault.New(fault.Invalid, "conditions", "The field %q of a %s has no part %q to ask for.", f.Code, c.Object, c.Part)
	case !ok || len(named) == 0:
		return fault.New(fault.Invalid, "conditions", "Filters cannot ask for the field %q of a %s.", f.Code, c.Object)
	case !slices.ContainsFunc(named, func(n Named) bool { return n.Word == string(c.Operator) }):
		var words []string
		for _, n := range named {
			words = append(words, n.Word)
		}
		return fault.New(fault.Invalid, "conditions", "Expected one of the operators %s for %q, got %q.", strings.Join(words, ", "), f.Code, c.Operator)
	}
	return checkValues(c, f, at.as)
}

// FilterObjects are the kinds whose fields filters of a kind can ask for, itself
// first.
func FilterObjects(of string) []string {
	out := []string{of}
	for kind := range relations[of] {
		out = append(out, kind)
	}
	slices.Sort(out[1:])
	return out
}

// FilterField reports whether filters can ask for a field of a kind.
func FilterField(kind string, f Field) bool {
	_, ok := columnOf(store.SQLite, kind, f, "")
	return ok && len(Operators(f.Type)) > 0
}

// filtered adds that the records fit a filter that is kept; of is their kind and
// table what the query calls their rows. 0 is no filter.
// spec: rest.filters.lists
func (f *finding) filtered(tx *store.Tx, c route.Caller, id int64, of, table string) error {
	if id == 0 {
		return nil
	}
	kept, err := filterOf(tx, c, id)
	if err != nil {
		return err
	}
	if kept.Of != of {
		return fault.New(fault.Invalid, "filter_id", "Expected a filter that finds the kind %s, got %q, which finds the kind %s.", of, kept.Name, kept.Of)
	}
	known := fieldsByID{tx: tx}
	for _, g := range kept.Groups {
		var parts []string
		var args []any
		for _, condition := range g.Conditions {
			if known.check(of, condition) != nil {
				return fault.New(fault.Invalid, "filter_id", "The filter %q asks for a field that is not there any more, or not as it was. Change the filter.", kept.Name)
			}
			one, err := known.clause(c, of, table, condition)
			if err != nil {
				return err
			}
			parts, args = append(parts, "("+one.sql+")"), append(args, one.args...)
		}
		if len(parts) > 0 {
			f.and(strings.Join(parts, "\n\t\t\t"+strings.ToUpper(g.Glue)+" "), args...)
		}
	}
	return nil
}

// clause is a condition that was checked. It is true or false, never null, so that
// its contrary is what people expect: "is not 5" holds where there is nothing.
// spec: rest.filters.nothing
func (k *fieldsByID) clause(c route.Caller, of, table string, condition Condition) (clause, error) {
	f, err := k.field(condition.Object, condition.Field)
	if err != nil {
		return clause{}, err
	}
	at, _ := columnOf(k.tx.Dialect(), condition.Object, f, condition.Part)
	operator, contrary := condition.Operator.positive()
	row := table
	if condition.Object != of {
		row = "x"
	}
	one := at.holds(families[f.Type], operator, condition.Values, k.tx.Now())
	one.sql = strings.ReplaceAll(one.sql, "~.", row+".")
	if condition.Object != of {
		one = linked(c, of, table, condition.Object, one)
	}
	if contrary {
		one.sql = "NOT (" + one.sql + ")"
	}
	return one, nil
}

// linked is the condition that there is a record of a kind, linked to the one that
// is found and seen by the caller, on which one holds.
// spec: rest.filters.related
func linked(c route.Caller, of, table, kind string, one clause) clause {
	link := strings.ReplaceAll(relations[of][kind], "~.", table+".")
	out := clause{`EXISTS (SELECT 1 FROM records_` + kind + ` x WHERE x.company_id = ` + table + `.company_id AND NOT x.deleted AND ` + link + ` AND (` + one.sql + `)`, one.args}
	if !c.Admin {
		sees := seesActivity(c.User, "x")
		if kind != KindActivity {
			sees = seesRecord(c.User, kind, "x")
		}
		out.sql, out.args = out.sql+" AND ("+sees.sql+")", append(out.args, sees.args...)
	}
	out.sql += ")"
	return out
}

// holds is the condition that the value in the column compares so; operator is no
// contrary of another one.
func (k column) holds(of family, operator Operator, values []string, now time.Time) clause {
	one := k.compared(of, operator, values, now)
	if k.within != "" {
		one.sql = fmt.Sprintf(k.within, one.sql)
	}
	return one
}

func (k column) compared(of family, operator Operator, values []string, now time.Time) clause {
	value := ""
	if len(values) > 0 {
		value = values[0]
	}
	switch of {
	case ofTexts:
		return k.text(operator, value)
	case ofNumbers:
		return k.number(operator, value)
	case ofDays:
		on, _ := days(value, now)
		if k.as == asMicros {
			return k.instant(operator, on)
		}
		return k.day(operator, on)
	case ofHours:
		return k.hour(operator, value)
	case ofSets:
		return k.set(operator, values)
	case ofTruths:
		if is, _ := truth(value); !is {
			return clause{sql: "NOT (" + k.sql + ")"}
		}
		return clause{sql: k.sql}
	case ofLinks:
		return clause{sql: k.sql}
	}
	return k.choice(operator, values)
}

func (k column) text(operator Operator, value string) clause {
	if operator == OpFilled {
		return clause{sql: "COALESCE(" + k.sql + ", '') <> ''"}
	}
	sql, param, folded := "LOWER(COALESCE("+k.sql+", ''))", "LOWER(?)", value
	switch k.as {
	case asFolded:
		sql, param, folded = k.sql, "?", fold(value)
	case asDigits:
		sql, param, folded = k.sql, "?", digits(value)
	}
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(folded)
	switch operator {
	case OpContains:
		return clause{sql + " LIKE " + param + ` ESCAPE '\'`, []any{"%" + escaped + "%"}}
	case OpBegins:
		return clause{sql + " LIKE " + param + ` ESCAPE '\'`, []any{escaped + "%"}}
	}
	return clause{sql + " = " + param, []any{folded}}
}

func (k column) number(operator Operator, value string) clause {
	if operator == OpFilled {
		return clause{sql: "(" + k.sql + ") IS NOT NULL"}
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return clause{sql: "FALSE"}
	}
	if k.as == asAmount {
		n *= moneyScale
	}
	return clause{"(" + k.sql + ") IS NOT NULL AND CAST((" + k.sql + ") AS DOUBLE PRECISION) " + string(operator) + " ?", []any{n}}
}

// day compares days, written YYYY-MM-DD, with some days.
func (k column) day(operator Operator, on span) clause {
	sql := "COALESCE(" + k.sql + ", '')"
	switch operator {
	case OpFilled:
		return clause{sql: sql + " <> ''"}
	case OpLess:
		return clause{sql + " <> '' AND " + sql + " < ?", []any{on.from}}
	case OpAtMost:
		return clause{sql + " <> '' AND " + sql + " <= ?", []any{on.to}}
	case OpMore:
		return clause{sql + " > ?", []any{on.to}}
	case OpAtLeast:
		return clause{sql + " >= ?", []any{on.from}}
	}
	return clause{sql + " >= ? AND " + sql + " <= ?", []any{on.from, on.to}}
}

// instant compares instants with some days, which begin and end in UTC.
// spec: rest.filters.days-utc
func (k column) instant(operator Operator, on span) clause {
	if operator == OpFilled {
		return clause{sql: k.sql + " > 0"}
	}
	from, to := midnight(on.from), midnight(on.to)+clock.Micros(time.Unix(0, 0).Add(24*time.Hour))
	switch operator {
	case OpLess:
		return clause{k.sql + " > 0 AND " + k.sql + " < ?", []any{from}}
	case OpAtMost:
		return clause{k.sql + " > 0 AND " + k.sql + " < ?", []any{to}}
	case OpMore:
		return clause{k.sql + " > 0 AND " + k.sql + " >= ?", []any{to}}
	case OpAtLeast:
		return clause{k.sql + " > 0 AND " + k.sql + " >= ?", []any{from}}
	}
	return clause{k.sql + " > 0 AND " + k.sql + " >= ? AND " + k.sql + " < ?", []any{from, to}}
}

// midnight is when a day begins, in microseconds.
func midnight(day string) int64 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return clock.Micros(t)
}

func (k column) hour(operator Operator, value string) clause {
	sql := "COALESCE(" + k.sql + ", '')"
	if operator == OpFilled {
		return clause{sql: sql + " <> ''"}
	}
	if len(value) == len("09:30") {
		value += ":00"
	}
	return clause{sql + " <> '' AND " + sql + " " + string(operator) + " ?", []any{value}}
}

// choice finds an id or a word.
func (k column) choice(operator Operator, values []string) clause {
	if k.as != asNumberID {
		sql := "COALESCE(CAST(" + k.sql + " AS TEXT), '')"
		if operator == OpFilled {
			return clause{sql: sql + " <> ''"}
		}
		return clause{sql + " IN (" + places(len(values)) + ")", anys(values)}
	}
	if operator == OpFilled {
		return clause{sql: k.sql + " IS NOT NULL AND " + k.sql + " <> 0"}
	}
	ids := make([]any, 0, len(values))
	for _, v := range values {
		if id, err := strconv.ParseInt(v, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return clause{k.sql + " IS NOT NULL AND " + k.sql + " IN (" + places(len(ids)) + ")", ids}
}

// set finds one of some ids in a list that is written as JSON: "[1,2]".
func (k column) set(operator Operator, values []string) clause {
	sql := "COALESCE(" + k.sql + ", '[]')"
	if operator == OpFilled {
		return clause{sql: sql + " <> '[]'"}
	}
	var either []clause
	for _, v := range values {
		either = append(either, clause{"',' || REPLACE(REPLACE(" + sql + ", '[', ''), ']', '') || ',' LIKE ?", []any{"%," + v + ",%"}})
	}
	return anyOfClauses(either...)
}

package records

import (
	"time"

	"github.com/dockwright/dockwright/internal/clock"
)

// Position is where p stands in a list sorted by one key, for going on behind it.
func (p Person) Position(by string) Position { return place(by, p.Name, p.AddedAt, p.UpdatedAt, p.ID) }

// Position is where o stands in a list sorted by one key, for going on behind it.
func (o Organization) Position(by string) Position {
	return place(by, o.Name, o.AddedAt, o.UpdatedAt, o.ID)
}

func place(by, name string, added, updated time.Time, id int64) Position {
	at := Position{Value: id, ID: id}
	switch by {
	case "name", "title":
		at.Value = fold(name)
	case "add_time":
		at.Value = clock.Micros(added)
	case "update_time":
		at.Value = clock.Micros(updated)
	}
	return at
}

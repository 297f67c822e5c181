package inbox

import "slices"

// Status is how far a message has come.
type Status string

// The statuses, in the order in which they replace each other. Failed stands
// after sent: a message may fail until it was delivered, and news of a delivery
// proves an earlier failure wrong. So it does not matter in which order reports
// arrive, or how often.
// spec: messaging.status.forward-only
const (
	Sending   Status = "sending"
	Sent      Status = "sent"
	Failed    Status = "failed"
	Delivered Status = "delivered"
	Read      Status = "read"
)

var statusOrder = []Status{Sending, Sent, Failed, Delivered, Read}

// later returns whichever of two statuses is further on.
func (st Status) later(other Status) Status {
	if slices.Index(statusOrder, other) > slices.Index(statusOrder, st) {
		return other
	}
	return st
}

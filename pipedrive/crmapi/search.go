package crmapi

// SearchHit is one thing that a search found: one of the items below, and how much
// alike it is to the term, 1 at most.
type SearchHit struct {
	ResultScore float64 `json:"result_score"`
	Item        any     `json:"item"`
}

// SearchHits is the data of an answer to a search.
type SearchHits struct {
	Items []SearchHit `json:"items"`
}

// ItemSearchHits is the data of an answer to itemSearch.
type ItemSearchHits struct {
	Items        []SearchHit `json:"items"`
	RelatedItems []SearchHit `json:"related_items"`
}

// ItemRef is a reference in an item.
type ItemRef struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// ItemOwner is the user whom an item belongs to.
type ItemOwner struct {
	ID int64 `json:"id"`
}

// ItemOrganization is the organization of an item.
type ItemOrganization struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Address *string `json:"address"`
}

// PersonItem is a person that a search found. Phones and emails are plain texts
// here, unlike in persons.
type PersonItem struct {
	ID           int64             `json:"id"`
	Type         string            `json:"type"` // person
	Name         string            `json:"name"`
	Phones       []string          `json:"phones"`
	Emails       []string          `json:"emails"`
	VisibleTo    int64             `json:"visible_to"`
	Owner        ItemOwner         `json:"owner"`
	Organization *ItemOrganization `json:"organization"`
	CustomFields []string          `json:"custom_fields"`     // values with the term in them
	Notes        []string          `json:"notes"`             // likewise
	Picture      *any              `json:"picture,omitempty"` // only if asked: an ItemPicture, or null
}

// OrganizationItem is an organization that a search found.
type OrganizationItem struct {
	ID           int64     `json:"id"`
	Type         string    `json:"type"` // organization
	Name         string    `json:"name"`
	Address      *string   `json:"address"`
	VisibleTo    int64     `json:"visible_to"`
	Owner        ItemOwner `json:"owner"`
	CustomFields []string  `json:"custom_fields"`
	Notes        []string  `json:"notes"`
}

// DealItem is a deal that a search found.
type DealItem struct {
	ID           int64             `json:"id"`
	Type         string            `json:"type"` // deal
	Title        string            `json:"title"`
	Value        any               `json:"value"` // number or null
	Currency     *string           `json:"currency"`
	Status       string            `json:"status"`
	VisibleTo    int64             `json:"visible_to"`
	Owner        ItemOwner         `json:"owner"`
	Stage        *ItemRef          `json:"stage"`
	Person       *ItemRef          `json:"person"`
	Organization *ItemOrganization `json:"organization"`
	CustomFields []string          `json:"custom_fields"`
	Notes        []string          `json:"notes"`
	IsArchived   bool              `json:"is_archived"`
	CcEmail      string            `json:"cc_email,omitempty"` // only if asked
}

// LeadItem is a lead that a search found. Phones and emails are its person's.
type LeadItem struct {
	ID           string            `json:"id"`   // UUID
	Type         string            `json:"type"` // lead
	Title        string            `json:"title"`
	Owner        ItemOwner         `json:"owner"`
	Person       *ItemRef          `json:"person"`
	Organization *ItemOrganization `json:"organization"`
	Phones       []string          `json:"phones"`
	Emails       []string          `json:"emails"`
	CustomFields []string          `json:"custom_fields"`
	Notes        []string          `json:"notes"`
	Value        any               `json:"value"` // number or null
	Currency     *string           `json:"currency"`
	VisibleTo    int64             `json:"visible_to"`
	IsArchived   bool              `json:"is_archived"`
	WasSeen      *bool             `json:"was_seen,omitempty"` // only if asked
}

// FileItem is a file that a search found.
type FileItem struct {
	ID           int64             `json:"id"`
	Type         string            `json:"type"` // file
	Name         string            `json:"name"`
	URL          string            `json:"url"` // a path
	Deal         *ItemTitle        `json:"deal"`
	Person       *ItemRef          `json:"person"`
	Organization *ItemOrganization `json:"organization"`
}

// ItemTitle is a reference to a deal.
type ItemTitle struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}

// FieldHit is one thing that a search in one field found, as version 2 writes it:
// in both of its documented forms.
type FieldHit struct {
	ResultScore float64   `json:"result_score"`
	Item        FieldItem `json:"item"`
	ID          any       `json:"id"`
	Name        string    `json:"name"`
}

// FieldItem is the item of a FieldHit.
type FieldItem struct {
	ID   any    `json:"id"` // number; UUID of a lead
	Name string `json:"name"`
}

// ItemPicture names the picture of a person who was found.
type ItemPicture struct {
	ID int64 `json:"id"`
}

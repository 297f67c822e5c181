package control

import "go.yaml.in/yaml/v3"

// file is a seed file: companies with what is in them. Things refer to each other
// by the ref of what is meant, which counts within its company and list. Empty
// values are left out when it is written.
type file struct {
	Companies []company `yaml:"companies"`
}

type company struct {
	Line     int    `yaml:"-"`
	Domain   string `yaml:"domain"`
	Name     string `yaml:"name,omitempty"`
	Country  string `yaml:"country,omitempty"`
	Industry string `yaml:"industry,omitempty"`
	Currency string `yaml:"currency,omitempty"`
	// Existing adds to a company that is there. Users are then found by their email.
	Existing      bool           `yaml:"existing,omitempty"`
	Users         []user         `yaml:"users,omitempty"`
	Fields        []field        `yaml:"fields,omitempty"`
	Pipelines     []pipeline     `yaml:"pipelines,omitempty"`
	Organizations []organization `yaml:"organizations,omitempty"`
	Persons       []person       `yaml:"persons,omitempty"`
	LeadLabels    []label        `yaml:"lead_labels,omitempty"`
	Deals         []deal         `yaml:"deals,omitempty"`
	Leads         []lead         `yaml:"leads,omitempty"`
	Notes         []note         `yaml:"notes,omitempty"`
	Apps          []app          `yaml:"apps,omitempty"`
	Channels      []channel      `yaml:"channels,omitempty"`
}

type user struct {
	Line     int    `yaml:"-"`
	Ref      string `yaml:"ref,omitempty"`
	Name     string `yaml:"name"`
	Email    string `yaml:"email"`
	Admin    bool   `yaml:"admin,omitempty"`
	Phone    string `yaml:"phone,omitempty"`
	Timezone string `yaml:"timezone,omitempty"`
	Locale   string `yaml:"locale,omitempty"`
	// Password lets the user sign in. It is never written.
	Password string `yaml:"password,omitempty"`
	// APIToken is the user's personal API token. It is never written.
	APIToken string `yaml:"api_token,omitempty"`
}

// field is a field of the company's own. Records give its values in "custom", by
// ref: what can be chosen by its label, users, persons and organizations by theirs.
type field struct {
	Line        int      `yaml:"-"`
	Ref         string   `yaml:"ref"`
	Of          string   `yaml:"of"` // person, organization or deal
	Name        string   `yaml:"name"`
	Type        string   `yaml:"type"`
	Key         string   `yaml:"key,omitempty"` // 40 hex digits, else new ones
	Description string   `yaml:"description,omitempty"`
	Options     []string `yaml:"options,omitempty"`
}

type pipeline struct {
	Line   int     `yaml:"-"`
	Name   string  `yaml:"name"`
	Stages []stage `yaml:"stages,omitempty"`
}

type stage struct {
	Line        int    `yaml:"-"`
	Ref         string `yaml:"ref,omitempty"`
	Name        string `yaml:"name"`
	Probability int    `yaml:"probability,omitempty"` // per cent
}

type organization struct {
	Line      int            `yaml:"-"`
	Ref       string         `yaml:"ref,omitempty"`
	Name      string         `yaml:"name"`
	Address   string         `yaml:"address,omitempty"`
	Website   string         `yaml:"website,omitempty"`
	Industry  string         `yaml:"industry,omitempty"`
	LinkedIn  string         `yaml:"linkedin,omitempty"`
	Revenue   amount         `yaml:"annual_revenue,omitempty"`
	Employees int            `yaml:"employee_count,omitempty"`
	VisibleTo int            `yaml:"visible_to,omitempty"`
	Custom    map[string]any `yaml:"custom,omitempty"`
	Owner     string         `yaml:"owner,omitempty"` // a user; of everything: the first admin
	Added     string         `yaml:"added,omitempty"` // an instant; of everything: now
}

type person struct {
	Line         int            `yaml:"-"`
	Ref          string         `yaml:"ref,omitempty"`
	Name         string         `yaml:"name,omitempty"`
	FirstName    string         `yaml:"first_name,omitempty"`
	LastName     string         `yaml:"last_name,omitempty"`
	JobTitle     string         `yaml:"job_title,omitempty"`
	Organization string         `yaml:"organization,omitempty"`
	Emails       []contact      `yaml:"emails,omitempty"`
	Phones       []contact      `yaml:"phones,omitempty"`
	Marketing    string         `yaml:"marketing_status,omitempty"`
	VisibleTo    int            `yaml:"visible_to,omitempty"`
	Custom       map[string]any `yaml:"custom,omitempty"`
	Owner        string         `yaml:"owner,omitempty"`
	Added        string         `yaml:"added,omitempty"`
}

type contact struct {
	Line  int    `yaml:"-"`
	Value string `yaml:"value"`
	Label string `yaml:"label,omitempty"`
	Main  bool   `yaml:"main,omitempty"`
}

type label struct {
	Line  int    `yaml:"-"`
	Ref   string `yaml:"ref,omitempty"`
	ID    string `yaml:"id,omitempty"` // a UUID, else a new one
	Name  string `yaml:"name"`
	Color string `yaml:"color,omitempty"`
}

type deal struct {
	Line          int    `yaml:"-"`
	Ref           string `yaml:"ref,omitempty"`
	Title         string `yaml:"title"`
	Value         amount `yaml:"value,omitempty"`
	Currency      string `yaml:"currency,omitempty"`
	Stage         string `yaml:"stage"`
	Person        string `yaml:"person,omitempty"`
	Organization  string `yaml:"organization,omitempty"`
	Owner         string `yaml:"owner,omitempty"`
	Status        string `yaml:"status,omitempty"`
	LostReason    string `yaml:"lost_reason,omitempty"`
	ExpectedClose string `yaml:"expected_close_date,omitempty"`
	Added         string `yaml:"added,omitempty"`
}

type lead struct {
	Line          int      `yaml:"-"`
	Ref           string   `yaml:"ref,omitempty"`
	ID            string   `yaml:"id,omitempty"` // a UUID, else a new one
	Title         string   `yaml:"title"`
	Value         amount   `yaml:"value,omitempty"`
	Currency      string   `yaml:"currency,omitempty"`
	Person        string   `yaml:"person,omitempty"`
	Organization  string   `yaml:"organization,omitempty"`
	Owner         string   `yaml:"owner,omitempty"`
	Labels        []string `yaml:"labels,omitempty"`
	Source        string   `yaml:"source,omitempty"`
	ExpectedClose string   `yaml:"expected_close_date,omitempty"`
	Seen          bool     `yaml:"seen,omitempty"`
	Archived      bool     `yaml:"archived,omitempty"`
	Added         string   `yaml:"added,omitempty"`
}

type note struct {
	Line         int    `yaml:"-"`
	Content      string `yaml:"content"`
	Author       string `yaml:"author,omitempty"`
	Person       string `yaml:"person,omitempty"`
	Organization string `yaml:"organization,omitempty"`
	Deal         string `yaml:"deal,omitempty"`
	Lead         string `yaml:"lead,omitempty"`
	Added        string `yaml:"added,omitempty"`
}

type app struct {
	Line            int      `yaml:"-"`
	Ref             string   `yaml:"ref,omitempty"`
	Name            string   `yaml:"name"`
	Summary         string   `yaml:"summary,omitempty"`
	ClientID        string   `yaml:"client_id,omitempty"`     // else a new one
	ClientSecret    string   `yaml:"client_secret,omitempty"` // else a new one
	IconURL         string   `yaml:"icon_url,omitempty"`
	CallbackURL     string   `yaml:"callback_url,omitempty"`
	InstallationURL string   `yaml:"installation_url,omitempty"`
	Scopes          []string `yaml:"scopes,omitempty"`
	Public          bool     `yaml:"public,omitempty"`
	Sharing         bool     `yaml:"sharing,omitempty"`
	// Manifest is the messaging manifest, as the Developer Hub takes it.
	Manifest  map[string]any `yaml:"manifest,omitempty"`
	Installed []installation `yaml:"installed,omitempty"`
}

type installation struct {
	Line   int    `yaml:"-"`
	User   string `yaml:"user"`
	Shared bool   `yaml:"shared,omitempty"`
}

type channel struct {
	Line              int    `yaml:"-"`
	App               string `yaml:"app"`
	User              string `yaml:"user"`
	Name              string `yaml:"name"`
	ProviderChannelID string `yaml:"provider_channel_id"`
	ProviderType      string `yaml:"provider_type,omitempty"`
	AvatarURL         string `yaml:"avatar_url,omitempty"`
	TemplateSupport   bool   `yaml:"template_support,omitempty"`
}

// amount is a decimal number as it was written.
type amount string

// MarshalYAML writes the number without quotes, digit by digit.
func (a amount) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: string(a)}, nil
}

package control

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

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
	Labels        []recordLabel  `yaml:"labels,omitempty"`
	Pipelines     []pipeline     `yaml:"pipelines,omitempty"`
	Organizations []organization `yaml:"organizations,omitempty"`
	Persons       []person       `yaml:"persons,omitempty"`
	LeadLabels    []label        `yaml:"lead_labels,omitempty"`
	Deals         []deal         `yaml:"deals,omitempty"`
	Leads         []lead         `yaml:"leads,omitempty"`
	ActivityTypes []activityType `yaml:"activity_types,omitempty"`
	Activities    []activity     `yaml:"activities,omitempty"`
	Calls         []callLog      `yaml:"calls,omitempty"`
	Notes         []note         `yaml:"notes,omitempty"`
	Files         []upload       `yaml:"files,omitempty"`
	Apps          []app          `yaml:"apps,omitempty"`
	Webhooks      []webhook      `yaml:"webhooks,omitempty"`
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
	Line       int     `yaml:"-"`
	Name       string  `yaml:"name"`
	Unweighted bool    `yaml:"unweighted,omitempty"` // the stages' probabilities do not count
	Stages     []stage `yaml:"stages,omitempty"`
}

type stage struct {
	Line        int    `yaml:"-"`
	Ref         string `yaml:"ref,omitempty"`
	Name        string `yaml:"name"`
	Probability int    `yaml:"probability,omitempty"` // per cent
	Rots        bool   `yaml:"rots,omitempty"`
	RotDays     int    `yaml:"rot_days,omitempty"`
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
	Labels    []string       `yaml:"labels,omitempty"`    // by name
	Followers []string       `yaml:"followers,omitempty"` // users
	// AddressParts are locality, country and so on.
	AddressParts map[string]string `yaml:"address_parts,omitempty"`
	Owner        string            `yaml:"owner,omitempty"`   // a user; of everything: the first admin
	Added        string            `yaml:"added,omitempty"`   // an instant; of everything: now
	Updated      string            `yaml:"updated,omitempty"` // an instant; of everything: when it was added
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
	Picture      string         `yaml:"picture,omitempty"` // base64
	VisibleTo    int            `yaml:"visible_to,omitempty"`
	Custom       map[string]any `yaml:"custom,omitempty"`
	Labels       []string       `yaml:"labels,omitempty"`
	Followers    []string       `yaml:"followers,omitempty"`
	Owner        string         `yaml:"owner,omitempty"`
	Added        string         `yaml:"added,omitempty"`
	Updated      string         `yaml:"updated,omitempty"`
}

type contact struct {
	Line  int    `yaml:"-"`
	Value string `yaml:"value"`
	Label string `yaml:"label,omitempty"`
	Main  bool   `yaml:"main,omitempty"`
}

// recordLabel is a label of persons, organizations or deals. Where a company has
// none of its own, it has the usual ones.
type recordLabel struct {
	Line  int    `yaml:"-"`
	Of    string `yaml:"of"` // person, organization or deal
	Name  string `yaml:"name"`
	Color string `yaml:"color,omitempty"`
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
	Probability   amount `yaml:"probability,omitempty"` // per cent, else the stage's
	VisibleTo     int    `yaml:"visible_to,omitempty"`
	Creator       string `yaml:"creator,omitempty"` // a user, else the owner
	Origin        string `yaml:"origin,omitempty"`
	OriginID      string `yaml:"origin_id,omitempty"`
	Channel       int    `yaml:"channel,omitempty"`
	ChannelID     string `yaml:"channel_id,omitempty"`
	SourceLead    string `yaml:"source_lead,omitempty"` // a UUID
	// Instants; those that its state asks for are when it was added, if they are
	// left out.
	StageChanged string         `yaml:"stage_changed,omitempty"`
	Closed       string         `yaml:"closed,omitempty"`
	Won          string         `yaml:"won,omitempty"`
	FirstWon     string         `yaml:"first_won,omitempty"`
	Lost         string         `yaml:"lost,omitempty"`
	Archived     string         `yaml:"archived,omitempty"`
	Labels       []string       `yaml:"labels,omitempty"`
	Custom       map[string]any `yaml:"custom,omitempty"`
	Participants []string       `yaml:"participants,omitempty"` // persons beside its own
	Followers    []string       `yaml:"followers,omitempty"`
	Added        string         `yaml:"added,omitempty"`
	Updated      string         `yaml:"updated,omitempty"`
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
	ArchivedAt    string   `yaml:"archived_at,omitempty"`
	Creator       string   `yaml:"creator,omitempty"`
	VisibleTo     int      `yaml:"visible_to,omitempty"`
	Origin        string   `yaml:"origin,omitempty"`
	OriginID      string   `yaml:"origin_id,omitempty"`
	Channel       int      `yaml:"channel,omitempty"`
	ChannelID     string   `yaml:"channel_id,omitempty"`
	// Custom are values of the fields of deals.
	Custom  map[string]any `yaml:"custom,omitempty"`
	Added   string         `yaml:"added,omitempty"`
	Updated string         `yaml:"updated,omitempty"`
}

type note struct {
	Line         int    `yaml:"-"`
	Content      string `yaml:"content"`
	Author       string `yaml:"author,omitempty"`
	Person       string `yaml:"person,omitempty"`
	Organization string `yaml:"organization,omitempty"`
	Deal         string `yaml:"deal,omitempty"`
	Lead         string `yaml:"lead,omitempty"`
	// Pinned names the records that it is pinned to: person, organization, deal, lead.
	Pinned   []string  `yaml:"pinned,omitempty"`
	Comments []comment `yaml:"comments,omitempty"`
	Updater  string    `yaml:"updater,omitempty"`
	Added    string    `yaml:"added,omitempty"`
	Updated  string    `yaml:"updated,omitempty"`
}

type comment struct {
	Line    int    `yaml:"-"`
	ID      string `yaml:"id,omitempty"` // a UUID, else a new one
	Content string `yaml:"content"`
	Author  string `yaml:"author,omitempty"`
	Updater string `yaml:"updater,omitempty"`
	Added   string `yaml:"added,omitempty"`
	Updated string `yaml:"updated,omitempty"`
}

// activityType takes the place of the one with its key, or is one more.
type activityType struct {
	Line    int    `yaml:"-"`
	Key     string `yaml:"key"` // what activities name it by
	Name    string `yaml:"name"`
	Icon    string `yaml:"icon,omitempty"`
	Color   string `yaml:"color,omitempty"`
	Place   int    `yaml:"place,omitempty"` // in lists
	Deleted bool   `yaml:"deleted,omitempty"`
}

type activity struct {
	Line              int               `yaml:"-"`
	Ref               string            `yaml:"ref,omitempty"`
	Subject           string            `yaml:"subject,omitempty"`
	Type              string            `yaml:"type,omitempty"` // key of its type, else the first
	Due               string            `yaml:"due_date,omitempty"`
	DueTime           string            `yaml:"due_time,omitempty"` // UTC
	Duration          string            `yaml:"duration,omitempty"`
	Busy              string            `yaml:"busy,omitempty"` // busy or free
	Done              bool              `yaml:"done,omitempty"`
	DoneAt            string            `yaml:"done_at,omitempty"`
	Priority          int               `yaml:"priority,omitempty"`
	Organization      string            `yaml:"organization,omitempty"`
	Deal              string            `yaml:"deal,omitempty"`
	Lead              string            `yaml:"lead,omitempty"`
	Participants      []string          `yaml:"participants,omitempty"` // persons
	Person            string            `yaml:"person,omitempty"`       // the main one, else the first
	Attendees         []attendee        `yaml:"attendees,omitempty"`
	Location          string            `yaml:"location,omitempty"`
	LocationParts     map[string]string `yaml:"location_parts,omitempty"`
	PublicDescription string            `yaml:"public_description,omitempty"`
	Note              string            `yaml:"note,omitempty"`
	MeetingClient     string            `yaml:"meeting_client,omitempty"` // client id of the app that holds its video call
	MeetingURL        string            `yaml:"meeting_url,omitempty"`
	MeetingID         string            `yaml:"meeting_id,omitempty"`
	Owner             string            `yaml:"owner,omitempty"`
	Creator           string            `yaml:"creator,omitempty"` // else the owner
	Updater           string            `yaml:"updater,omitempty"`
	Added             string            `yaml:"added,omitempty"`
	Updated           string            `yaml:"updated,omitempty"`
}

type attendee struct {
	Line      int    `yaml:"-"`
	Email     string `yaml:"email"`
	Name      string `yaml:"name,omitempty"`
	Status    string `yaml:"status,omitempty"`
	Organizer bool   `yaml:"organizer,omitempty"`
	Person    string `yaml:"person,omitempty"`
	User      string `yaml:"user,omitempty"`
}

// callLog is a call. Its activity is left as it is; without one it gets one.
type callLog struct {
	Line         int        `yaml:"-"`
	ID           string     `yaml:"id,omitempty"` // 32 hex digits, else new ones
	Subject      string     `yaml:"subject,omitempty"`
	Outcome      string     `yaml:"outcome"`
	From         string     `yaml:"from,omitempty"`
	To           string     `yaml:"to"`
	Started      string     `yaml:"started"`
	Ended        string     `yaml:"ended"`
	Duration     string     `yaml:"duration,omitempty"` // seconds
	Note         string     `yaml:"note,omitempty"`
	User         string     `yaml:"user,omitempty"`
	Activity     string     `yaml:"activity,omitempty"`
	Person       string     `yaml:"person,omitempty"`
	Organization string     `yaml:"organization,omitempty"`
	Deal         string     `yaml:"deal,omitempty"`
	Lead         string     `yaml:"lead,omitempty"`
	Recording    *recording `yaml:"recording,omitempty"`
	Added        string     `yaml:"added,omitempty"`
	Updated      string     `yaml:"updated,omitempty"`
}

type recording struct {
	Line    int    `yaml:"-"`
	Name    string `yaml:"name"`
	Type    string `yaml:"type"`    // a media type
	Content string `yaml:"content"` // base64
}

type upload struct {
	Line           int    `yaml:"-"`
	Ref            string `yaml:"ref,omitempty"`
	Name           string `yaml:"name"`
	FileName       string `yaml:"file_name,omitempty"` // unlike any other, else made
	Type           string `yaml:"type,omitempty"`      // else the ending of the name
	Description    string `yaml:"description,omitempty"`
	Content        string `yaml:"content,omitempty"` // base64
	RemoteLocation string `yaml:"remote_location,omitempty"`
	RemoteID       string `yaml:"remote_id,omitempty"`
	User           string `yaml:"user,omitempty"`
	Person         string `yaml:"person,omitempty"`
	Organization   string `yaml:"organization,omitempty"`
	Deal           string `yaml:"deal,omitempty"`
	Lead           string `yaml:"lead,omitempty"`
	Activity       string `yaml:"activity,omitempty"`
	Added          string `yaml:"added,omitempty"`
	Updated        string `yaml:"updated,omitempty"`
}

type app struct {
	Line             int      `yaml:"-"`
	Ref              string   `yaml:"ref,omitempty"`
	Name             string   `yaml:"name"`
	Summary          string   `yaml:"summary,omitempty"`
	Description      string   `yaml:"description,omitempty"`
	Category         string   `yaml:"category,omitempty"`
	Status           string   `yaml:"status,omitempty"`        // else draft
	ClientID         string   `yaml:"client_id,omitempty"`     // else a new one
	ClientSecret     string   `yaml:"client_secret,omitempty"` // else a new one
	IconURL          string   `yaml:"icon_url,omitempty"`
	Icon             string   `yaml:"icon,omitempty"` // base64
	Images           []image  `yaml:"images,omitempty"`
	VideoURL         string   `yaml:"video_url,omitempty"`
	SupportURL       string   `yaml:"support_url,omitempty"`
	LegalURL         string   `yaml:"legal_url,omitempty"`
	ContactEmail     string   `yaml:"contact_email,omitempty"`
	CallbackURL      string   `yaml:"callback_url,omitempty"`
	InstallationURL  string   `yaml:"installation_url,omitempty"`
	Scopes           []string `yaml:"scopes,omitempty"`
	Public           bool     `yaml:"public,omitempty"`
	Sharing          bool     `yaml:"sharing,omitempty"`
	ExtensionsShared bool     `yaml:"extensions_shared,omitempty"`
	// Manifest is the messaging manifest, as the Developer Hub takes it.
	Manifest map[string]any `yaml:"manifest,omitempty"`
	// VideoManifest is that of video calls; the app's clientId may be left out.
	VideoManifest map[string]any `yaml:"video_manifest,omitempty"`
	// Webhooks come to be for everybody who installs the app.
	Webhooks   []declared     `yaml:"webhooks,omitempty"`
	Extensions []extension    `yaml:"extensions,omitempty"`
	Installed  []installation `yaml:"installed,omitempty"`
}

// image is one of an app's listing.
type image struct {
	Line    int    `yaml:"-"`
	Content string `yaml:"content"` // base64
	Alt     string `yaml:"alt"`
}

// declared is a webhook that an app declares. Its user and password are written
// together with the secrets only.
type declared struct {
	Line         int    `yaml:"-"`
	URL          string `yaml:"subscription_url"`
	Action       string `yaml:"event_action"`
	Object       string `yaml:"event_object"`
	Version      string `yaml:"version,omitempty"`
	Name         string `yaml:"name,omitempty"`
	AuthUser     string `yaml:"http_auth_user,omitempty"`
	AuthPassword string `yaml:"http_auth_password,omitempty"`
}

// extension is one thing that an app adds to the pages. Extensions of an app refer
// to each other by ref, wherever they stand. Secrets are written only if asked for.
type extension struct {
	Line         int               `yaml:"-"`
	Ref          string            `yaml:"ref,omitempty"`
	UUID         string            `yaml:"uuid,omitempty"` // else a new one
	Type         string            `yaml:"type"`
	Name         string            `yaml:"name,omitempty"`
	Description  string            `yaml:"description,omitempty"`
	URL          string            `yaml:"url"`
	Views        []string          `yaml:"views,omitempty"`
	CallEntry    bool              `yaml:"call_entry,omitempty"`
	External     bool              `yaml:"external,omitempty"`
	Panel        string            `yaml:"panel,omitempty"`        // a JSON panel
	Field        string            `yaml:"field,omitempty"`        // of the panel
	MainActions  map[string]string `yaml:"main_actions,omitempty"` // by view
	Schema       jsonText          `yaml:"schema,omitempty"`
	JWTSecret    string            `yaml:"jwt_secret,omitempty"`
	HTTPUser     string            `yaml:"http_user,omitempty"`
	HTTPPassword string            `yaml:"http_password,omitempty"`
}

// webhook is one of a user, or of an app for a user who has installed it. Its HTTP
// user and password are written together with the secrets only.
type webhook struct {
	Line         int    `yaml:"-"`
	App          string `yaml:"app,omitempty"`
	Owner        string `yaml:"owner,omitempty"`
	User         string `yaml:"user,omitempty"` // whose permissions decide, else the owner's
	URL          string `yaml:"subscription_url"`
	Action       string `yaml:"event_action"`
	Object       string `yaml:"event_object"`
	Version      string `yaml:"version,omitempty"`
	Name         string `yaml:"name,omitempty"`
	AuthUser     string `yaml:"http_auth_user,omitempty"`
	AuthPassword string `yaml:"http_auth_password,omitempty"`
	Added        string `yaml:"added,omitempty"`
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

// jsonText is a text in JSON. In a file it may be written as YAML too; the order of
// its keys is kept.
type jsonText string

// MarshalYAML writes the text as it is, line by line where YAML can hold that.
func (d jsonText) MarshalYAML() (any, error) {
	style := yaml.LiteralStyle
	// Of other line ends YAML would make its own, and a blank at the beginning is its
	// indentation.
	if strings.ContainsAny(string(d), "\r\u0085\u2028\u2029") || strings.TrimLeft(string(d), " \t\n") != string(d) {
		style = yaml.DoubleQuotedStyle
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(d), Style: style}, nil
}

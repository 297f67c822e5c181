package appkit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/pipedrive/messagingapi"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// Paths below the base URL at which [MessagingManifest] puts the provider
// endpoints, in the words of [net/http.ServeMux].
const (
	PathConversations = "/{channel}/conversations"
	PathConversation  = "/{channel}/conversations/{conversation}"
	PathMessages      = "/{channel}/messages"
	PathMessage       = "/{channel}/conversations/{conversation}/messages/{message}"
	PathSender        = "/{channel}/senders/{sender}"
	PathTemplates     = "/{channel}/templates"
	PathChannel       = "/{channel}"
)

// MessagingManifest is the manifest of an app that serves all seven provider
// endpoints of messaging below base, such as "https://chat.example.com/provider".
func MessagingManifest(base string) messagingapi.Manifest {
	vars := strings.NewReplacer(
		"{channel}", ":"+messagingapi.VarChannel, "{conversation}", ":"+messagingapi.VarConversation,
		"{message}", ":"+messagingapi.VarMessage, "{sender}", ":"+messagingapi.VarSender,
	)
	at := func(path string) messagingapi.Endpoint {
		return messagingapi.Endpoint(strings.TrimRight(base, "/") + vars.Replace(path))
	}
	return messagingapi.Manifest{
		Version: messagingapi.ManifestVersion,
		Endpoints: messagingapi.Endpoints{
			GetConversations: at(PathConversations), GetConversationByID: at(PathConversation),
			PostMessage: at(PathMessages), GetMessageByID: at(PathMessage), GetSenderByID: at(PathSender),
			GetTemplates: at(PathTemplates), DeleteChannelByID: at(PathChannel),
		},
	}
}

// Paths below the base URL at which [VideoManifest] puts the meeting endpoints.
const (
	PathMeetings = "/{link}/meetings"
	PathMeeting  = "/{link}/meetings/{meeting}"
)

// VideoCalls is the manifest of an app for video calls.
type VideoCalls struct {
	Version   string             `json:"version"`
	ClientID  string             `json:"clientId"`
	Endpoints VideoCallEndpoints `json:"endpoints"`
}

// VideoCallEndpoints are URLs with the variables :linkId and :meetingId.
type VideoCallEndpoints struct {
	PostMeeting        string `json:"postMeeting"`
	PatchUpdateMeeting string `json:"patchUpdateMeeting"`
	DeleteMeeting      string `json:"deleteMeeting"`
}

// VideoManifest is the manifest of an app that makes, changes and deletes meetings
// below base, such as "https://calls.example.com/provider". The Developer Hub
// compares the client id with the app's.
// spec: appkit.manifests
func VideoManifest(base, clientID string) VideoCalls {
	vars := strings.NewReplacer("{link}", ":linkId", "{meeting}", ":meetingId")
	at := func(path string) string { return strings.TrimRight(base, "/") + vars.Replace(path) }
	return VideoCalls{
		Version: "v202049", ClientID: clientID,
		Endpoints: VideoCallEndpoints{PostMeeting: at(PathMeetings), PatchUpdateMeeting: at(PathMeeting), DeleteMeeting: at(PathMeeting)},
	}
}

// Webhook is one that everybody who installs the app gets.
type Webhook struct {
	URL          string `json:"subscription_url"`
	Action       string `json:"event_action"` // create, change, delete or *
	Object       string `json:"event_object"` // such as deal or person, or *
	Version      string `json:"version,omitempty"`
	Name         string `json:"name,omitempty"`
	AuthUser     string `json:"http_auth_user,omitempty"`
	AuthPassword string `json:"http_auth_password,omitempty"`
}

// AppWebhooks is the file of webhooks that an app declares.
type AppWebhooks struct {
	Webhooks []Webhook `json:"webhooks"`
}

// WebhooksManifest declares webhooks, of version 2.0 where they name none.
// spec: appkit.manifests
func WebhooksManifest(hooks ...Webhook) AppWebhooks {
	m := AppWebhooks{Webhooks: slices.Clone(hooks)}
	for i := range m.Webhooks {
		m.Webhooks[i].Version = cmp.Or(m.Webhooks[i].Version, webhookapi.Version2)
	}
	return m
}

// ManifestFile is a manifest as the file that the Developer Hub takes: a
// [messagingapi.Manifest], [VideoCalls] or [AppWebhooks].
func ManifestFile[M messagingapi.Manifest | VideoCalls | AppWebhooks](m M) ([]byte, error) {
	raw, err := json.MarshalIndent(m, "", "  ")
	return append(raw, '\n'), err
}

package appkit

import (
	"encoding/json"
	"strings"

	"github.com/dockwright/dockwright/pipedrive/messagingapi"
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

// ManifestFile is the manifest as the file that the Developer Hub takes.
func ManifestFile(m messagingapi.Manifest) ([]byte, error) {
	raw, err := json.MarshalIndent(m, "", "  ")
	return append(raw, '\n'), err
}

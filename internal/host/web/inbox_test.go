package web

import (
	"testing"

	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

func TestInboxShowsWhatAVisitorWrote(t *testing.T) {
	t.Parallel()
	b := newInboxBench(t)
	b.channel(messagingapi.NewChannel{Name: "Web chat", ProviderChannelID: "chan-1", ProviderType: "other"})
	b.receive(messagingapi.Received{ID: "m1", ChannelID: "chan-1", SenderID: "who-t1", ConversationID: "t1", Text: "Hi 👋 see https://a.example/x", CreatedAt: messagingapi.At(benchTime)})
	c := b.conversation("t1")
	doc := b.page(b.as(b.owner), conversationURL(c.ID))
	t.Log(textOf(find(doc, byID("main"))[0]))
}

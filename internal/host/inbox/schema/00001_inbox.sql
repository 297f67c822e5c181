-- +goose Up
-- A line on which customers write: one Facebook page, one WhatsApp number. The
-- app that registered it knows it by provider_channel_id. One without a client_id
-- was removed, and a lane is deleting what belongs to it.
CREATE TABLE inbox_channel (
    company_id          BIGINT  NOT NULL,
    id                  BIGINT  NOT NULL,
    uuid                TEXT    NOT NULL,
    client_id           TEXT    NOT NULL,
    owner_id            BIGINT  NOT NULL, -- the user whose installation it belongs to
    name                TEXT    NOT NULL,
    provider_channel_id TEXT    NOT NULL,
    avatar_url          TEXT    NOT NULL,
    provider_type       TEXT    NOT NULL,
    template_support    BOOLEAN NOT NULL,
    shared              BOOLEAN NOT NULL, -- as it was when the installation was last seen
    connected           BOOLEAN NOT NULL, -- false once the installation is gone
    sync_state          TEXT    NOT NULL,
    sync_error          TEXT    NOT NULL,
    sync_run            BIGINT  NOT NULL, -- jobs of an earlier run end by themselves
    created_at          BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id)
);
CREATE UNIQUE INDEX inbox_channel_source ON inbox_channel (company_id, client_id, provider_channel_id);

-- Cursors that a run has followed; one that comes again ends it.
CREATE TABLE inbox_sync_cursor (
    company_id  BIGINT NOT NULL,
    channel_id  BIGINT NOT NULL,
    run         BIGINT NOT NULL,
    cursor_hash TEXT   NOT NULL,
    PRIMARY KEY (company_id, channel_id, run, cursor_hash),
    FOREIGN KEY (company_id, channel_id) REFERENCES inbox_channel (company_id, id) ON DELETE CASCADE
);

CREATE TABLE inbox_template (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    source_id  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    content    TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, channel_id) REFERENCES inbox_channel (company_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_template_channel ON inbox_template (company_id, channel_id, id);

-- preview, last_message_at and unread are kept beside the conversation, so that
-- the list costs the same however many messages there are.
CREATE TABLE inbox_conversation (
    company_id       BIGINT  NOT NULL,
    id               BIGINT  NOT NULL,
    channel_id       BIGINT  NOT NULL,
    source_id        TEXT    NOT NULL,
    link             TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    known            BOOLEAN NOT NULL, -- false until the app has told who takes part
    next_cursor      TEXT    NOT NULL, -- for older messages, '' when there are none
    preview          TEXT    NOT NULL,
    preview_outgoing BOOLEAN NOT NULL,
    last_message_at  BIGINT  NOT NULL,
    unread           BIGINT  NOT NULL,
    assignee_id      BIGINT  NOT NULL, -- 0: nobody
    reply_by         BIGINT  NOT NULL, -- 0: no limit
    created_at       BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, channel_id) REFERENCES inbox_channel (company_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX inbox_conversation_source ON inbox_conversation (company_id, channel_id, source_id);
CREATE INDEX inbox_conversation_list ON inbox_conversation (company_id, channel_id, status, last_message_at, id);
CREATE INDEX inbox_conversation_mine ON inbox_conversation (company_id, channel_id, status, assignee_id, last_message_at, id);
CREATE INDEX inbox_conversation_unread ON inbox_conversation (company_id, channel_id, unread) WHERE unread > 0;

CREATE TABLE inbox_participant (
    company_id        BIGINT  NOT NULL,
    id                BIGINT  NOT NULL,
    channel_id        BIGINT  NOT NULL,
    conversation_id   BIGINT  NOT NULL,
    source_id         TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    role              TEXT    NOT NULL,
    avatar_url        TEXT    NOT NULL,
    fetch_avatar      BOOLEAN NOT NULL,
    avatar_expires    BOOLEAN NOT NULL,
    avatar_checked_at BIGINT  NOT NULL, -- 0: never
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, conversation_id) REFERENCES inbox_conversation (company_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX inbox_participant_source ON inbox_participant (company_id, conversation_id, source_id);
CREATE INDEX inbox_participant_channel ON inbox_participant (company_id, channel_id, source_id);

-- source_id is the app's id, '' until the app has answered. shadow_of hides a
-- report about a message of ours that overtook the answer to it.
CREATE TABLE inbox_message (
    company_id      BIGINT  NOT NULL,
    id              BIGINT  NOT NULL,
    channel_id      BIGINT  NOT NULL,
    conversation_id BIGINT  NOT NULL,
    source_id       TEXT    NOT NULL,
    sender_id       TEXT    NOT NULL,
    outgoing        BOOLEAN NOT NULL,
    author_id       BIGINT  NOT NULL, -- the user who wrote it here, 0 if it came from the app
    status          TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    error           TEXT    NOT NULL,
    send_key        TEXT    NOT NULL, -- one wish to send, as the form told it
    attempt         BIGINT  NOT NULL, -- rises with each resend
    shadow_of       BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, conversation_id) REFERENCES inbox_conversation (company_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX inbox_message_source ON inbox_message (company_id, channel_id, source_id) WHERE source_id <> '';
CREATE UNIQUE INDEX inbox_message_send ON inbox_message (company_id, conversation_id, send_key) WHERE send_key <> '';
CREATE INDEX inbox_message_thread ON inbox_message (company_id, conversation_id, created_at, id);
CREATE INDEX inbox_message_sending ON inbox_message (company_id, conversation_id, id) WHERE status = 'sending';
CREATE INDEX inbox_message_shadow ON inbox_message (company_id, shadow_of) WHERE shadow_of <> 0;

-- What an agent attached. Bytes live apart from the rows that lists read.
CREATE TABLE inbox_upload (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    body       BYTEA  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, message_id) REFERENCES inbox_message (company_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_upload_message ON inbox_upload (company_id, message_id);

CREATE TABLE inbox_attachment (
    company_id   BIGINT  NOT NULL,
    id           BIGINT  NOT NULL,
    message_id   BIGINT  NOT NULL,
    source_id    TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    size         BIGINT  NOT NULL,
    url          TEXT    NOT NULL,
    preview_url  TEXT    NOT NULL,
    link_expires BOOLEAN NOT NULL,
    checked_at   BIGINT  NOT NULL, -- when the link last worked, 0: never looked
    upload_id    BIGINT  NOT NULL, -- 0: the app has the file
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, message_id) REFERENCES inbox_message (company_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_attachment_message ON inbox_attachment (company_id, message_id, id);

CREATE TABLE inbox_link (
    company_id      BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    target_id       TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (company_id, conversation_id, kind, target_id),
    FOREIGN KEY (company_id, conversation_id) REFERENCES inbox_conversation (company_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_link_target ON inbox_link (company_id, kind, target_id);

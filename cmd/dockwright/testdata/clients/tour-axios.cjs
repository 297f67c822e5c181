// The tour for the clients that know both versions of the API (33): axios inside,
// a configuration for each version. process.argv: package, client id, secret,
// callback URL, code, address for webhooks.
'use strict'
const [, , pkg, clientId, clientSecret, redirectUri, code, hook] = process.argv
const { v1, v2 } = require(pkg)
const { run, refused, assert } = require('./steps.cjs')

const one = new v1.OAuth2Configuration({ clientId, clientSecret, redirectUri })
const two = new v2.OAuth2Configuration({ clientId, clientSecret, redirectUri })
const token = config => ({ accessToken: config.getAccessToken, basePath: config.basePath })
const api1 = name => new v1[name](new v1.Configuration(token(one)))
const api2 = name => new v2[name](new v2.Configuration(token(two)))
const made = {}

run([
  ['install', async () => {
    assert.match(one.authorizationUrl, /^https:\/\/oauth\.pipedrive\.com\/oauth\/authorize\?client_id=/)
    const granted = await one.authorize(code)
    two.updateToken(granted)
    assert.match(one.basePath, /^https:\/\/[a-z-]+\.pipedrive\.com\/api\/v1$/)
    assert.match(two.basePath, /^https:\/\/[a-z-]+\.pipedrive\.com\/api\/v2$/)
  }],
  ['users/me', async () => {
    const { data } = await api1('UsersApi').getCurrentUser()
    assert.ok(data.id > 0 && data.company_domain)
    made.me = data.id
  }],
  ['users', async () => {
    const { data } = await api1('UsersApi').getUsers()
    assert.ok(data.some(u => u.id === made.me))
    assert.ok((await api1('CurrenciesApi').getCurrencies()).data.length > 10)
    assert.ok((await api1('UserSettingsApi').getUserSettings()).data)
  }],
  ['organization', async () => {
    const { data } = await api2('OrganizationsApi').addOrganization({ AddOrganizationRequest: { name: 'Tour Works' } })
    made.org = data.id
    await api2('OrganizationsApi').updateOrganization({ id: made.org, UpdateOrganizationRequest: { name: 'Tour Works Ltd' } })
    assert.equal((await api2('OrganizationsApi').getOrganization({ id: made.org })).data.name, 'Tour Works Ltd')
    const list = await api2('OrganizationsApi').getOrganizations({ limit: 1 })
    assert.equal(list.data.length, 1)
  }],
  ['person', async () => {
    const { data } = await api2('PersonsApi').addPerson({
      AddPersonRequest: {
        name: 'Tour Person', org_id: made.org,
        emails: [{ value: 'tour@person.test', primary: true, label: 'work' }], phones: [{ value: '+372 555 0199', primary: true, label: 'mobile' }],
      },
    })
    made.person = data.id
    assert.equal(data.phones[0].value, '+372 555 0199')
    const changed = await api2('PersonsApi').updatePerson({ id: made.person, UpdatePersonRequest: { name: 'Tour Person-Tamm' } })
    assert.equal(changed.data.name, 'Tour Person-Tamm')
    const list = await api2('PersonsApi').getPersons({ org_id: made.org, sort_by: 'update_time', sort_direction: 'desc' })
    assert.deepEqual(list.data.map(p => p.id), [made.person])
    assert.equal(list.additional_data.next_cursor, null)
  }],
  ['deal', async () => {
    const { data } = await api2('DealsApi').addDeal({ AddDealRequest: { title: 'Tour deal', value: 480, currency: 'EUR', person_id: made.person } })
    made.deal = data.id
    const changed = await api2('DealsApi').updateDeal({ id: made.deal, UpdateDealRequest: { status: 'won' } })
    assert.equal(changed.data.status, 'won')
    assert.ok(changed.data.won_time)
    const list = await api2('DealsApi').getDeals({ person_id: made.person })
    assert.deepEqual(list.data.map(d => d.id), [made.deal])
  }],
  ['lead', async () => {
    const { data } = await api1('LeadsApi').addLead({ AddLeadRequest: { title: 'Tour lead', person_id: made.person } })
    const changed = await api1('LeadsApi').updateLead({ id: data.id, UpdateLeadRequest: { title: 'Tour lead 2' } })
    assert.equal(changed.data.title, 'Tour lead 2')
    await api1('LeadsApi').deleteLead({ id: data.id })
    const err = await refused(() => api1('LeadsApi').getLead({ id: data.id }))
    assert.equal(err.success, false)
  }],
  ['activity', async () => {
    const { data } = await api2('ActivitiesApi').addActivity({
      AddActivityRequest: {
        subject: 'Tour call', type: 'call', due_date: '2026-12-01', due_time: '09:30',
        participants: [{ person_id: made.person, primary: true }], deal_id: made.deal,
      },
    })
    made.activity = data.id
    const changed = await api2('ActivitiesApi').updateActivity({ id: made.activity, AddActivityRequest: { done: true } })
    assert.equal(changed.data.done, true)
    const list = await api2('ActivitiesApi').getActivities({ deal_id: made.deal, done: true })
    assert.deepEqual(list.data.map(a => a.id), [made.activity])
  }],
  ['note', async () => {
    const { data } = await api1('NotesApi').addNote({ AddNoteRequest: { content: '<p>Tour</p>', deal_id: made.deal } })
    await api1('NotesApi').updateNote({ id: data.id, NoteRequest: { content: '<p>Tour 2</p>' } })
    const list = await api1('NotesApi').getNotes({ deal_id: made.deal })
    assert.equal(list.data[0].content, '<p>Tour 2</p>')
    const comment = await api1('NotesApi').addNoteComment({ id: data.id, CommentPostPutObject: { content: 'Seen' } })
    assert.match(comment.data.uuid, /^[0-9a-f-]{36}$/)
    await api1('NotesApi').deleteNote({ id: data.id })
  }],
  ['call log', async () => {
    const { data } = await api1('CallLogsApi').addCallLog({
      AddCallLogRequest: {
        outcome: 'connected', to_phone_number: '+3725550199', start_time: '2026-11-20T09:00:00Z', end_time: '2026-11-20T09:01:35Z',
        duration: '95', person_id: made.person, subject: 'Outbound call',
      },
    })
    const audio = new File([Buffer.from('4944330300000000', 'hex')], 'tour.mp3', { type: 'audio/mpeg' })
    await api1('CallLogsApi').addCallLogAudioFile({ id: data.id, file: audio })
    assert.equal((await api1('CallLogsApi').getCallLog({ id: data.id })).data.has_recording, true)
    assert.ok((await api1('CallLogsApi').getUserCallLogs({ limit: 50 })).data.some(c => c.id === data.id))
    await api1('CallLogsApi').deleteCallLog({ id: data.id })
  }],
  ['search', async () => {
    const found = await api2('PersonsApi').searchPersons({ term: 'Tour Person' })
    assert.equal(found.data.items[0].item.id, made.person)
    const items = await api2('ItemSearchApi').searchItem({ term: 'Tour', item_types: 'person,deal' })
    assert.ok(items.data.items.length >= 2)
  }],
  ['files', async () => {
    const file = new File(['what a tour'], 'tour.txt', { type: 'text/plain' })
    const { data } = await api1('FilesApi').addFile({ file, deal_id: made.deal })
    assert.match(data.url, /^https:\/\/[a-z-]+\.pipedrive\.com\/v1\/files\/[0-9]+\/download$/)
    assert.equal((await api1('FilesApi').getFile({ id: data.id })).data.deal_id, made.deal)
    await api1('FilesApi').updateFile({ id: data.id, name: 'renamed.txt' })
    assert.equal(String(await api1('FilesApi').downloadFile({ id: data.id })), 'what a tour') // a Buffer
    await api1('FilesApi').deleteFile({ id: data.id })
  }],
  ['webhooks', async () => {
    const { data } = await api1('WebhooksApi').addWebhook({
      AddWebhookRequest: { subscription_url: hook, event_action: '*', event_object: 'person', name: 'tour' },
    })
    assert.equal(data.version, '2.0')
    assert.ok((await api1('WebhooksApi').getWebhooks()).data.some(w => w.id === data.id))
    await api1('WebhooksApi').deleteWebhook({ id: data.id })
  }],
  ['deletion', async () => {
    await api2('ActivitiesApi').deleteActivity({ id: made.activity })
    await api2('DealsApi').deleteDeal({ id: made.deal })
    await api2('PersonsApi').deletePerson({ id: made.person })
    await api2('OrganizationsApi').deleteOrganization({ id: made.org })
    const err = await refused(() => api2('PersonsApi').getPerson({ id: 999999 }))
    assert.equal(err.success, false)
  }],
  ['token refresh', async () => {
    const before = one.accessToken
    await one.tokenRefresh()
    assert.notEqual(one.accessToken, before)
    await api1('UsersApi').getCurrentUser()
  }],
  ['revoke', async () => {
    await one.revokeToken('access_token')
    const err = await refused(() => api1('UsersApi').getCurrentUser())
    assert.equal(err.success, false)
    await one.revokeToken('refresh_token')
    assert.equal((await refused(() => one.tokenRefresh())).error, 'invalid_grant')
  }],
])

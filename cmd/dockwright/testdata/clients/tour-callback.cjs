// The tour for the clients from before version 2 of the API (17 and 22): one
// ApiClient, superagent inside, v1 only. process.argv: package, client id, secret,
// callback URL, code, address for webhooks.
'use strict'
const fs = require('node:fs')
const [, , pkg, clientId, clientSecret, redirectUri, code, hook] = process.argv
const pipedrive = require(pkg)
const { run, refused, assert } = require('./steps.cjs')

const client = new pipedrive.ApiClient()
Object.assign(client.authentications.oauth2, { clientId, clientSecret, redirectUri })
const api = name => new pipedrive[name](client)
const made = {}

run([
  ['install', async () => {
    assert.match(client.buildAuthorizationUrl(), /^https:\/\/oauth\.pipedrive\.com\/oauth\/authorize\?client_id=/)
    await client.authorize(code)
    assert.ok(client.authentications.oauth2.accessToken)
    assert.match(client.basePath, /^https:\/\/[a-z-]+\.pipedrive\.com\/(api\/)?v1$/)
  }],
  ['users/me', async () => {
    const { data } = await api('UsersApi').getCurrentUser()
    assert.ok(data.id > 0 && data.company_domain)
    made.me = data.id
  }],
  ['users', async () => {
    const { data } = await api('UsersApi').getUsers()
    assert.ok(data.some(u => u.id === made.me))
    assert.equal((await api('UsersApi').getUser(made.me)).data.id, made.me)
  }],
  ['organization', async () => {
    const { data } = await api('OrganizationsApi').addOrganization({ name: 'Tour Works' })
    made.org = data.id
    assert.equal((await api('OrganizationsApi').getOrganization(made.org)).data.name, 'Tour Works')
    await api('OrganizationsApi').updateOrganization(made.org, { name: 'Tour Works Ltd' })
    const list = await api('OrganizationsApi').getOrganizations({ limit: 500 })
    assert.ok(list.data.some(o => o.name === 'Tour Works Ltd'))
  }],
  ['person', async () => {
    const { data } = await api('PersonsApi').addPerson({
      name: 'Tour Person', org_id: made.org, email: ['tour@person.test'], phone: ['+372 555 0199'],
    })
    made.person = data.id
    const one = await api('PersonsApi').getPerson(made.person)
    assert.equal(one.data.phone[0].value, '+372 555 0199')
    assert.equal(one.data.org_id.value, made.org)
    const changed = await api('PersonsApi').updatePerson(made.person, { name: 'Tour Person-Tamm' })
    assert.equal(changed.data.name, 'Tour Person-Tamm')
    const list = await api('PersonsApi').getPersons({ start: 0, limit: 500 })
    assert.ok(list.data.some(p => p.id === made.person))
    assert.equal(list.additional_data.pagination.more_items_in_collection, false)
  }],
  ['deal', async () => {
    const { data } = await api('DealsApi').addDeal({ title: 'Tour deal', value: '480', currency: 'EUR', person_id: made.person })
    made.deal = data.id
    const changed = await api('DealsApi').updateDeal(made.deal, { status: 'won' })
    assert.equal(changed.data.status, 'won')
    assert.ok(changed.data.won_time)
    const list = await api('DealsApi').getDeals({ status: 'won', limit: 500 })
    assert.ok(list.data.some(d => d.id === made.deal))
    const ofPerson = await api('PersonsApi').getPersonDeals(made.person, {})
    assert.deepEqual(ofPerson.data.map(d => d.id), [made.deal])
  }],
  ['lead', async () => {
    const { data } = await api('LeadsApi').addLead({ title: 'Tour lead', person_id: made.person })
    made.lead = data.id
    const changed = await api('LeadsApi').updateLead(made.lead, { title: 'Tour lead 2' })
    assert.equal(changed.data.title, 'Tour lead 2')
    await api('LeadsApi').deleteLead(made.lead)
  }],
  ['activity', async () => {
    const { data } = await api('ActivitiesApi').addActivity({
      subject: 'Tour call', type: 'call', due_date: '2026-12-01', due_time: '09:30', person_id: made.person, deal_id: made.deal,
    })
    made.activity = data.id
    const changed = await api('ActivitiesApi').updateActivity(made.activity, { done: 1 })
    assert.equal(changed.data.done, true)
    assert.equal((await api('ActivitiesApi').getActivity(made.activity)).data.subject, 'Tour call')
  }],
  ['note', async () => {
    const { data } = await api('NotesApi').addNote({ content: '<p>Tour</p>', deal_id: made.deal, pinned_to_deal_flag: 1 })
    made.note = data.id
    assert.equal(data.pinned_to_deal_flag, true)
    await api('NotesApi').updateNote(made.note, { content: '<p>Tour 2</p>' })
    const list = await api('NotesApi').getNotes({ dealId: made.deal })
    assert.equal(list.data[0].content, '<p>Tour 2</p>')
    await api('NotesApi').deleteNote(made.note)
  }],
  ['call log', async () => {
    const { data } = await api('CallLogsApi').addCallLog({
      outcome: 'connected', to_phone_number: '+3725550199', start_time: '2026-11-20 09:00:00', end_time: '2026-11-20 09:01:35',
      duration: '95', person_id: made.person, subject: 'Outbound call',
    })
    made.call = data.id
    fs.writeFileSync('tour.mp3', Buffer.from('4944330300000000', 'hex'))
    await api('CallLogsApi').addCallLogAudioFile(made.call, fs.createReadStream('tour.mp3'))
    assert.equal((await api('CallLogsApi').getCallLog(made.call)).data.has_recording, true)
    const list = await api('CallLogsApi').getUserCallLogs({ limit: 50 })
    assert.ok(list.data.some(c => c.id === made.call))
    await api('CallLogsApi').deleteCallLog(made.call)
  }],
  ['search', async () => {
    const found = await api('PersonsApi').searchPersons('Tour Person', {})
    assert.equal(found.data.items[0].item.id, made.person)
    const items = await api('ItemSearchApi').searchItem('Tour', { itemTypes: 'person,deal' })
    assert.ok(items.data.items.length >= 2)
  }],
  ['files', async () => {
    fs.writeFileSync('tour.txt', 'what a tour')
    const { data } = await api('FilesApi').addFile(fs.createReadStream('tour.txt'), { dealId: made.deal })
    made.file = data.id
    assert.equal((await api('FilesApi').getFile(made.file)).data.deal_id, made.deal)
    await api('FilesApi').updateFile(made.file, { name: 'renamed.txt' })
    await api('FilesApi').downloadFile(made.file)
    await api('FilesApi').deleteFile(made.file)
  }],
  ['webhooks', async () => {
    const { data } = await api('WebhooksApi').addWebhook({
      subscription_url: hook, event_action: '*', event_object: 'person', name: 'tour', version: '1.0',
    })
    const list = await api('WebhooksApi').getWebhooks()
    assert.ok(list.data.some(w => w.id === data.id))
    await api('WebhooksApi').deleteWebhook(data.id)
  }],
  ['deletion', async () => {
    await api('ActivitiesApi').deleteActivity(made.activity)
    await api('DealsApi').deleteDeal(made.deal)
    await api('PersonsApi').deletePerson(made.person)
    await api('OrganizationsApi').deleteOrganization(made.org)
    const err = await refused(() => api('LeadsApi').getLead(made.lead))
    assert.ok(err)
  }],
  ['token refresh', async () => {
    const before = client.authentications.oauth2.accessToken
    await client.refreshToken()
    assert.notEqual(client.authentications.oauth2.accessToken, before)
    await api('UsersApi').getCurrentUser()
  }],
  ...client.revokeToken ? [['revoke', async () => { // client 17 cannot
    const before = client.authentications.oauth2.accessToken
    await client.revokeToken()
    await api('UsersApi').getCurrentUser() // meets 401 and refreshes by itself
    assert.notEqual(client.authentications.oauth2.accessToken, before)
    await client.revokeToken({ tokenTypeHint: 'refresh_token' })
    assert.ok(await refused(() => api('UsersApi').getCurrentUser()))
  }]] : [],
])

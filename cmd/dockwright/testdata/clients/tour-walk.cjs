// Calls every method of an official client that reads what the host keeps: each
// has to answer with data, or to be told that it is not built. For the clients
// that know both versions of the API. process.argv: package, client id, secret,
// callback URL, code, address for webhooks.
'use strict'
const [, , pkg, clientId, clientSecret, redirectUri, code, hook] = process.argv
const versions = require(pkg)
const { run, assert } = require('./steps.cjs')

// The areas that the host is about; the others are products, projects, goals …
const areas = [
  'Activities', 'ActivityFields', 'ActivityTypes', 'CallLogs', 'Currencies', 'DealFields', 'Deals', 'Files', 'ItemSearch', 'LeadFields',
  'LeadLabels', 'LeadSources', 'Leads', 'Notes', 'OrganizationFields', 'Organizations', 'PersonFields', 'Persons', 'Pipelines', 'Recents',
  'Stages', 'UserConnections', 'UserSettings', 'Users', 'Webhooks',
]
// What methods ask for beside an id; of every record there is one made before.
const asked = {
  term: 'Walk', field: 'name', entity_type: 'person', field_type: 'personField', field_key: 'name', match: 'beginning',
  since_timestamp: '2020-01-01 00:00:00', start_date: '2026-01-01', end_date: '2026-12-31', interval: 'month', amount: 3,
}
// A black square of 128 pixels, the smallest picture of a person.
const square = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAIAAAACAAQAAAADrRVxmAAAAGUlEQVR42mNgGAWjYBSMglEwCkbBKKAvAAAIgAABw1fMHQAAAABJRU5ErkJggg==', 'base64')
const configs = {}
const made = {}
const api = (version, area) => {
  const v = versions[version]
  const { getAccessToken: accessToken, basePath } = configs[version]
  return new v[`${area}Api`](new v.Configuration({ accessToken, basePath }))
}

// reading are the names of the methods of an area that change nothing.
const reading = (version, area) => {
  const client = versions[version][`${area}Api`]
  return client ? Object.getOwnPropertyNames(client.prototype).filter(m => /^(get|search|find)[A-Z]/.test(m) && !/Conversion|Product|Installment/.test(m)).sort() : []
}

// parameters answers what a method asks for; what it could do without it leaves out.
const parameters = (area, method) => new Proxy({}, {
  get: (_, name) => {
    if (name === 'id') return made[area] ?? assert.fail(`no record to ask for: ${area}.${method}`)
    if (name === 'field_code') return area === 'ActivityFields' ? 'subject' : 'label_ids'
    if (name === 'comment_id' || name === 'commentId') return made.Comment
    if (name === 'term' && area === 'Currencies') return undefined
    if (name === 'field_key' && /Timeline/.test(method)) return 'add_time'
    if (/Timeline|Statistics|^search|^find|Recents|Field$/.test(method)) return asked[name]
    return undefined
  },
})

let answered = 0
let unbuilt = 0

async function read(version, area, method) {
  let answer
  try {
    answer = await api(version, area)[method](parameters(area, method))
  } catch (err) {
    if (!/^Not built yet/.test(err?.error ?? '')) throw err
    unbuilt++
    return
  }
  answered++
  if (method === 'downloadFile') return
  assert.equal(answer.success, true)
  assert.notEqual(answer.data, undefined)
}

const steps = [
  ['install', async () => {
    for (const version of ['v1', 'v2']) configs[version] = new versions[version].OAuth2Configuration({ clientId, clientSecret, redirectUri })
    configs.v2.updateToken(await configs.v1.authorize(code))
    made.Users = (await api('v1', 'Users').getCurrentUser()).data.id
  }],
  ['records', async () => {
    const add = async (version, area, method, body, name) => {
      const request = new Proxy({}, { get: (_, key) => (/^[A-Z]/.test(key) ? body : key === 'id' ? made[name ?? area] : undefined) })
      return (await api(version, area)[method](request)).data
    }
    made.Organizations = (await add('v2', 'Organizations', 'addOrganization', { name: 'Walk Works' })).id
    made.Persons = (await add('v2', 'Persons', 'addPerson', { name: 'Walk Person', org_id: made.Organizations })).id
    await api('v1', 'Persons').addPersonPicture({ id: made.Persons, file: new File([square], 'walk.png', { type: 'image/png' }) })
    made.Deals = (await add('v2', 'Deals', 'addDeal', { title: 'Walk deal', person_id: made.Persons })).id
    made.Leads = (await add('v1', 'Leads', 'addLead', { title: 'Walk lead', person_id: made.Persons })).id
    made.Activities = (await add('v2', 'Activities', 'addActivity', { subject: 'Walk', type: 'call', deal_id: made.Deals })).id
    made.Notes = (await add('v1', 'Notes', 'addNote', { content: 'Walk', deal_id: made.Deals })).id
    made.Comment = (await add('v1', 'Notes', 'addNoteComment', { content: 'Seen' })).uuid
    made.CallLogs = (await add('v1', 'CallLogs', 'addCallLog', {
      outcome: 'connected', to_phone_number: '+3725550199', start_time: '2026-11-20 09:00:00', end_time: '2026-11-20 09:01:35', person_id: made.Persons,
    })).id
    made.Files = (await api('v1', 'Files').addFile({ file: new File(['what a walk'], 'walk.txt'), deal_id: made.Deals })).data.id
    for (const [area, method] of [['Pipelines', 'getPipelines'], ['Stages', 'getStages']]) made[area] = (await api('v2', area)[method]({})).data[0].id
    for (const area of ['DealFields', 'PersonFields', 'OrganizationFields']) made[area] = (await api('v1', area)[`get${area}`]({})).data[0].id
    await add('v1', 'Webhooks', 'addWebhook', { subscription_url: hook, event_action: '*', event_object: '*', name: 'walk' })
  }],
]
for (const version of ['v1', 'v2']) {
  for (const area of areas) {
    for (const method of reading(version, area)) steps.push([`${version} ${area}.${method}`, () => read(version, area, method)])
  }
}
steps.push(['enough is built', async () => assert.ok(answered > 3 * unbuilt, `${answered} methods answered, ${unbuilt} are not built`)])
run(steps)

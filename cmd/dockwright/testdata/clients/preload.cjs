// Sends what is meant for the platform's names to the host under test, whose TLS
// address is in DOCKWRIGHT_TLS ("127.0.0.1:34567"). Names and certificates are
// checked as ever: the host has to be able to stand in for them.
'use strict'
const tls = require('node:tls')

const at = process.env.DOCKWRIGHT_TLS ?? ''
const host = at.slice(0, at.lastIndexOf(':'))
const port = Number(at.slice(at.lastIndexOf(':') + 1))
const connect = tls.connect

tls.connect = function (options, ...rest) {
  if (options && typeof options === 'object' && /(^|\.)pipedrive\.com$/.test(options.host ?? '')) {
    options = { ...options, servername: options.servername || options.host, host, port }
  }
  return connect.call(this, options, ...rest)
}

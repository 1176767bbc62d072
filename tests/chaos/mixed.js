// What a blog's public does, at a constant rate and without retries: reads that a cache may answer, reads of signed-in
// people, comments, and gRPC. Open loop. Whatever is not the answer that was asked for is a failure.
import exec from 'k6/execution'
import grpc from 'k6/net/grpc'
import http from 'k6/http'
import { Counter } from 'k6/metrics'

const url = __ENV.URL
// Everybody reads the first and comments go to all: an hour's discussion, and not a million comments a day under one post.
const posts = __ENV.POSTS.split(',')
const post = posts[0]
const total = Number(__ENV.RATE)
const seconds = Number(__ENV.SECONDS)
const failed = new Counter('failed')
const sent = new Counter('sent')

const shares = { cachedRead: 0.76, signedInRead: 0.1, grpcRead: 0.1, comment: 0.04 }

export const options = {
  scenarios: Object.fromEntries(
    Object.entries(shares).map(([name, share]) => [
      name,
      {
        executor: 'constant-arrival-rate',
        exec: name,
        rate: Math.round(total * share),
        timeUnit: '1s',
        duration: `${seconds}s`,
        preAllocatedVUs: Math.ceil(total * share * 0.5) + 10,
        maxVUs: 3 * Math.ceil(total * share) + 20,
        gracefulStop: '15s',
      },
    ]),
  ),
  summaryTrendStats: ['med', 'p(99)', 'max'],
}

const client = new grpc.Client()
client.load([__ENV.PROTOS, `${__ENV.PROTOS}/third_party`], 'hamlet/blog/v1/post_reading_service.proto')
let connected = false

function judged(kind, good, said) {
  sent.add(1)
  if (!good) {
    failed.add(1)
    console.error(`${new Date().toISOString()} ${kind}: ${said}`)
  }
}

function judgedHttp(kind, answer) {
  judged(kind, answer.status === 200, `${answer.status} ${answer.error} ${String(answer.body).slice(0, 200)}`)
}

function stranger() {
  return `198.18.${__VU % 250}.${__ITER % 250}`
}

export function cachedRead() {
  judgedHttp('cached read', http.get(`${url}/v1/posts/${post}`))
}

export function signedInRead() {
  const headers = { authorization: `Bearer ${__ENV.TOKEN}`, 'x-forwarded-for': stranger() }
  judgedHttp('signed-in read', http.get(`${url}/v1/posts/${post}`, { headers }))
}

export function comment() {
  const body = JSON.stringify({ authorName: 'Reader', text: `Comment ${__VU}-${__ITER}: well said, and worth reading twice.` })
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': stranger() }
  const answer = http.post(`${url}/v1/posts/${posts[exec.scenario.iterationInTest % posts.length]}/comments`, body, { headers })
  if (answer.status === 200) console.log(`accepted ${answer.json('id')}`)
  judgedHttp('comment', answer)
}

export function grpcRead() {
  if (!connected) {
    client.connect(__ENV.GRPC, { plaintext: true, timeout: '5s' })
    connected = true
  }
  const answer = client.invoke('hamlet.blog.v1.PostReadingService/GetPost', { post_id: post }, { timeout: '10s' })
  judged('gRPC read', answer && answer.status === grpc.StatusOK, answer && JSON.stringify(answer.error))
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data.metrics) }
}

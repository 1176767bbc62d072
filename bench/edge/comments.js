// Comments at a constant rate, each from another reader. Open loop: a slow server does not slow the generator.
import http from 'k6/http'
import { check } from 'k6'

const rate = Number(__ENV.RATE)
const seconds = Number(__ENV.SECONDS)

export const options = {
  scenarios: {
    comments: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: `${seconds}s`,
      preAllocatedVUs: 4 * rate,
      maxVUs: 8 * rate,
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
}

export default function () {
  const number = __VU * 100000 + __ITER
  const body = {
    authorName: `Reader ${number}`,
    text: `I have read this twice and comment number ${number} still makes me think of the gravedigger's scene.`,
  }
  const headers = {
    'content-type': 'application/json',
    'x-forwarded-for': `198.19.${Math.floor(number / 250) % 250}.${number % 250}`,
  }
  const answer = http.post(`${__ENV.URL}/v1/posts/${__ENV.POST}/comments`, JSON.stringify(body), { headers })
  check(answer, { 'accepted and judged': (r) => r.status === 200 && r.json('verdict') !== null })
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data.metrics) }
}

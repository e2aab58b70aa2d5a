import { EventEmitter } from 'node:events';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExponentialBackoff } from 'cockatiel';
import Consul from 'consul';
import type { ServiceRef } from '../core/plan.js';
import { onAbort } from '../net/on-abort.js';
import { ConsulError, errorOfAnswer, errorOfRequest } from './errors.js';
import type { ConsulSettings } from './settings.js';

/** An answer of Consul: its status (2xx, or 404 where the caller takes it), body as JSON or text, and the index for blocking queries. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly index: number;
  /** ACLs have hidden part of the answer: Consul then says 200 with less, or nothing, in it. */
  readonly filtered: boolean;
  /** Asked without a token where that may see nothing by default: Consul hides without saying so. */
  readonly blind: boolean;
}

/** One request. `what` completes "Consul refused (…)"; undefined query values are dropped, so that no guard is sent empty. */
export interface Call {
  /** POST is for questions that need a body: it changes nothing. */
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly what: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly abort?: AbortSignal | undefined;
  readonly timeout?: number;
  /** A transaction: 409 is an answer too, and says that nothing was written. */
  readonly conflict?: boolean;
  /** A write that may be made twice: it is sent again where its answer is lost, within the client's patience. */
  readonly repeatable?: boolean;
  /** Hears that it is sent again because an answer was lost. */
  readonly onLost?: () => void;
}

/** The low-level request of the `consul` package (papi), which has no types of its own. */
interface RawRequest {
  _request(options: Readonly<Record<string, unknown>>): Promise<RawResponse>;
}
interface RawResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: Buffer;
}

/** How one request went: `ok`, `lost` (a compare-and-set that somebody else won), or the class of the error; and how long it took. */
export interface Told {
  readonly call: Call;
  readonly outcome: string;
  readonly ms: number;
}

const TIMEOUT = 10_000;
/** Consul closes idle connections after 120 s; ours go earlier, so that no write meets the close. */
const IDLE = 60_000;
/** How often a repeatable write is sent before a lost answer is an error. */
const SENDS = 3;
const BACKOFF = new ExponentialBackoff({ initialDelay: 100, maxDelay: 2_000 });
/** Consul takes 200 connections from one address (http_max_conns_per_client): three controllers on one machine must fit, with room to spare. */
const CONNECTIONS = 28;

/** The `consul` package's client with what it lacks: config entries and chains by path, texts of errors, aborting, namespaces. */
export class ConsulClient extends Consul {
  readonly settings: ConsulSettings;
  /** How long a request that Consul turns away for its limits is sent again, ms. With 0 nothing is ever sent again: whoever asks has pauses of its own. */
  patience = 10_000;
  /** Hears of every request after it has ended. */
  onCall: (told: Told) => void = () => undefined;
  #scope: Omit<ServiceRef, 'service'> = {};

  readonly #agent: Agent;

  constructor(settings: ConsulSettings, agent = createAgent(settings)) {
    const options = {
      baseUrl: `${settings.address}/v1`,
      agent,
      ...(settings.socketPath === undefined ? {} : { socketPath: settings.socketPath }),
      ...settings.tls,
    };
    super(options as ConstructorParameters<typeof Consul>[0]);
    this.settings = settings;
    this.#agent = agent;
  }

  /** The same Consul over the same connections, asked with this token (undefined: with none at all) instead of its own. */
  withToken(token: string | undefined, tokenFrom: string): ConsulClient {
    const { token: _, ...settings } = this.settings;
    return new ConsulClient({ ...settings, tokenFrom, ...(token === undefined ? {} : { token }) }, this.#agent);
  }

  /** From here on asks for the namespace, partition and datacenter of this service where it names any; flags and environment fill the rest. */
  scopeTo({ namespace, partition, datacenter }: ServiceRef): void {
    const named = Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined);
    this.#scope = Object.fromEntries(named);
  }

  /** The datacenter that is asked for; undefined: the agent's own. */
  get datacenter(): string | undefined {
    return this.#scope.datacenter ?? this.settings.datacenter;
  }

  /** Sends one request. Resolves on 2xx and on 404; every other outcome is a ConsulError. One that was only turned away by a limit is sent again for a while, one that may be repeated where its answer is lost. */
  async call(call: Call): Promise<Answer> {
    const until = Date.now() + this.patience;
    let pause = BACKOFF.next();
    for (let sent = 1; ; sent++) {
      try {
        return await this.#tell(call);
      } catch (error) {
        if (!(error instanceof ConsulError) || call.abort?.aborted === true) throw error;
        // Consul turns such a request away before it does anything about it, so a write may be sent again too.
        const isLimited = error.code === 'limited' && Date.now() + pause.duration < until;
        const isLost = error.code === 'unknown-outcome' && call.repeatable === true && this.patience > 0 && sent < SENDS;
        if (!isLimited && !isLost) throw error;
        if (isLost) call.onLost?.();
        await sleep(pause.duration);
        pause = pause.next(undefined);
      }
    }
  }

  async #tell(call: Call): Promise<Answer> {
    const began = performance.now();
    let outcome = 'ok';
    try {
      const answer = await this.#send(call);
      if (answer.body === false) outcome = 'lost';
      return answer;
    } catch (error) {
      outcome = error instanceof ConsulError ? error.code : 'error';
      throw error;
    } finally {
      this.onCall({ call, outcome, ms: performance.now() - began });
    }
  }

  async #send(call: Call): Promise<Answer> {
    const { settings } = this;
    const about = {
      what: call.what,
      write: call.method === 'PUT' || call.method === 'DELETE',
      tokenFrom: settings.tokenFrom,
      address: settings.address,
      addressFrom: settings.addressFrom,
    };
    if (call.abort?.aborted === true) throw new ConsulError('aborted', `${call.what}: given up`, '');
    const ctx = new EventEmitter();
    const cancel = (): void => void ctx.emit('cancel');
    const forget = call.abort === undefined ? undefined : onAbort(call.abort, cancel);
    try {
      const response = await (this as unknown as RawRequest)._request({
        name: call.what,
        method: call.method,
        path: call.path,
        query: this.#query(call.query),
        headers: this.#headers(),
        ...(call.body === undefined
          ? {}
          : { body: Buffer.from(typeof call.body === 'string' ? call.body : JSON.stringify(call.body)) }),
        timeout: call.timeout ?? TIMEOUT,
        buffer: true,
        ctx,
      });
      return answerOf(response, settings);
    } catch (error) {
      const response = (error as { response?: RawResponse }).response;
      if (response === undefined) throw errorOfRequest(error as NodeJS.ErrnoException, about);
      const answer = answerOf(response, settings);
      if (response.statusCode === 404 || (response.statusCode === 409 && call.conflict === true)) return answer;
      throw errorOfAnswer(
        response.statusCode,
        typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? ''),
        about,
      );
    } finally {
      forget?.();
    }
  }

  #headers(): Readonly<Record<string, string>> {
    const { token, basicAuth } = this.settings;
    return {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { 'x-consul-token': token }),
      ...(basicAuth === undefined ? {} : { authorization: `Basic ${Buffer.from(basicAuth).toString('base64')}` }),
    };
  }

  #query(query: Call['query'] = {}): Readonly<Record<string, string>> {
    const { datacenter, namespace, partition } = { ...this.settings, ...this.#scope };
    const all = { dc: datacenter, ns: namespace, partition, ...query };
    return Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));
  }
}

function createAgent({ address }: ConsulSettings): Agent {
  const pool = { keepAlive: true, timeout: IDLE, maxSockets: CONNECTIONS };
  return address.startsWith('https:') ? new SecureAgent(pool) : new Agent(pool);
}

function answerOf({ statusCode, headers, body }: RawResponse, settings: ConsulSettings): Answer {
  const text = body?.toString('utf8') ?? '';
  const json = (headers['content-type'] ?? '').startsWith('application/json');
  return {
    status: statusCode,
    filtered: headers['x-consul-results-filtered-by-acls'] === 'true',
    blind: headers['x-consul-default-acl-policy'] === 'deny' && settings.token === undefined,
    body: json && text !== '' ? JSON.parse(text) : text,
    index: Number(headers['x-consul-index'] ?? 0),
  };
}

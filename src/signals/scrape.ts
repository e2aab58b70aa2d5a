import { type Agent, get } from 'node:http';
import { UselessPage } from './useless-page.js';

/** How long a sidecar may take to answer, ms. */
const TIMEOUT = 1_000;
const LARGEST = 32 * 1024 * 1024;

/** The text of a metrics page. Throws a short sentence when it is not answered with 200 within a second. */
export async function scrape(url: string, agent: Agent): Promise<string> {
  try {
    return await request(url, agent);
  } catch (error) {
    // The other side may close an idle connection just as it is used again; that says nothing about the sidecar.
    if ((error as { stale?: boolean }).stale === true) return request(url, agent);
    throw error;
  }
}

function request(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > LARGEST) call.destroy(new Error('the metrics page is larger than 32 MiB'));
      });
      response.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(error.code === 'ECONNRESET' ? new UselessPage('the page is cut off') : error);
      });
      response.on('end', () => {
        clearTimeout(timer);
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
    });
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${TIMEOUT / 1_000} s`)), TIMEOUT);
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const stale = call.reusedSocket && error.code === 'ECONNRESET';
      reject(Object.assign(new Error(sayFailure(error)), { stale }));
    };
    call.on('error', fail);
  });
}

function sayFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'the host name cannot be resolved';
  return error.message;
}

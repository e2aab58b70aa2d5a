import { Failure } from './failure.js';
import type { JsonObject } from './records.js';

const WAYS = { header: ['Present', 'Exact', 'Prefix', 'Suffix', 'Contains', 'Regex'], query: ['Present', 'Exact', 'Regex'] };

/** The rules of a service-router's routes, in Consul's words; throws a Failure of status 500. */
export function checkRoutes(content: JsonObject): void {
  const routes = content.Routes as unknown as readonly {
    readonly Match?: { readonly HTTP?: JsonObject };
    readonly Destination?: JsonObject;
  }[];
  routes.forEach((route, i) => {
    const http = route.Match?.HTTP;
    if (http !== undefined) checkMatch(http, `Route[${i}]`);
    checkRewrite(route.Destination, http, `Route[${i}]`);
  });
}

function checkMatch(http: JsonObject, where: string): void {
  const paths = ['PathExact', 'PathPrefix', 'PathRegex'].filter((field) => http[field] !== undefined);
  if (paths.length > 1) throw new Failure(500, `${where} should only contain at most one of PathExact, PathPrefix, or PathRegex`);
  for (const field of ['PathExact', 'PathPrefix']) {
    const path = http[field];
    if (typeof path === 'string' && !path.startsWith('/'))
      throw new Failure(500, `${where} ${field} doesn't start with '/': "${path}"`);
  }
  ((http.Header ?? []) as JsonObject[]).forEach((header, i) => {
    if (header.Name === undefined) throw new Failure(500, `${where} Header[${i}] missing required Name field`);
    if (countWays(header, WAYS.header) !== 1) {
      throw new Failure(500, `${where} Header[${i}] should only contain one of Present, Exact, Prefix, Suffix, or Regex`);
    }
  });
  ((http.QueryParam ?? []) as JsonObject[]).forEach((param, i) => {
    if (param.Name === undefined) throw new Failure(500, `${where} QueryParam[${i}] missing required Name field`);
    if (countWays(param, WAYS.query) !== 1) {
      throw new Failure(500, `${where} QueryParam[${i}] should only contain one of Present, Exact, or Regex`);
    }
  });
}

function checkRewrite(destination: JsonObject | undefined, http: JsonObject | undefined, where: string): void {
  if (destination?.PrefixRewrite === undefined) return;
  if (http?.PathExact === undefined && http?.PathPrefix === undefined) {
    throw new Failure(500, `${where} cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix`);
  }
}

function countWays(match: JsonObject, ways: readonly string[]): number {
  return ways.filter((way) => match[way] !== undefined).length;
}

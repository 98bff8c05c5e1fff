import type { FetchSettings } from '../artifacts/cloud-image.ts';
import { proxyAgentFor } from '../artifacts/proxy.ts';
import { createSend } from '../artifacts/request.ts';
import { missingProgram } from '../exec/search-path.ts';
import type { Source, SourceContext } from '../artifacts/source.ts';
import type { Plan } from '../cluster/plan.ts';
import type { Spec } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { minorOf } from '../kubernetes/versions.ts';
import path from 'node:path';

export interface ChosenSource {
  readonly source: Source;
  readonly choice: Plan['source'];
}

export interface SourceSituation {
  readonly spec: Spec;
  readonly specFolder: string;
  /** The source that the lock was resolved with, where there is a lock. */
  readonly locked: Plan['source']['kind'] | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly context: SourceContext;
}

/** How long upstream may take to answer before `auto` looks elsewhere, in milliseconds. */
const patience = 6_000;

/** The source that the spec names, or for `auto` the first that can be had. */
export async function chooseSource(situation: SourceSituation): Promise<ChosenSource> {
  const wanted = situation.spec.source;
  if (typeof wanted === 'object') {
    if (!('bundle' in wanted)) throw new KubelabError('KL-SPEC-UNSUPPORTED', 'source: mirror');
    return bundle(situation, path.resolve(situation.specFolder, wanted.bundle));
  }
  if (wanted === 'go') return go(situation, 'the spec asks for it');
  if (wanted === 'upstream') return upstream(situation, 'the spec asks for it');
  if (situation.locked === 'go') return go(situation, 'kubelab.lock was resolved with it');
  if (situation.locked === 'upstream') return upstream(situation, 'kubelab.lock was resolved with it');
  if (await answers(situation)) return upstream(situation, 'it can be reached');
  if (await missingProgram('go', situation.environment['PATH']))
    throw new KubelabError('KL-SOURCE-UNREACHABLE', 'upstream can not be reached, and there is no Go toolchain to build with', {
      cure: 'Check the connection, install Go, or name a bundle: source: {bundle: FILE}.',
    });
  return go(situation, 'upstream can not be reached from here, and Go is installed');
}

async function go({ context }: SourceSituation, why: string): Promise<ChosenSource> {
  const { goSource } = await import('../artifacts/go/source.ts');
  return { source: goSource(context), choice: { kind: 'go', why } };
}

async function upstream({ context, environment }: SourceSituation, why: string): Promise<ChosenSource> {
  const { upstreamSource } = await import('../artifacts/upstream.ts');
  return {
    source: upstreamSource({ ...context, environment, ...readEndpoints(environment) }),
    choice: { kind: 'upstream', why },
  };
}

async function bundle({ context }: SourceSituation, file: string): Promise<ChosenSource> {
  const { bundleSource } = await import('../artifacts/bundle/source.ts');
  return { source: bundleSource(context, { file }), choice: { kind: 'bundle', why: 'the spec names it', bundle: file } };
}

async function answers(situation: SourceSituation): Promise<boolean> {
  const signal = AbortSignal.any([situation.context.signal, AbortSignal.timeout(patience)]);
  const { source } = await upstream({ ...situation, context: { ...situation.context, signal } }, '');
  const wish = situation.spec.kubernetes;
  try {
    await source.versions(minorOf(wish.split('.').length === 2 ? `${wish}.0` : wish));
    return true;
  } catch {
    if (situation.context.signal.aborted) throw situation.context.signal.reason;
    return false;
  }
}

/** How downloads go in this environment: its proxies, and other places for upstream's hosts. */
export function fetchSettings(environment: SourceSituation['environment']): Pick<FetchSettings, 'send' | 'endpoints'> {
  return { send: createSend(proxyAgentFor(environment)), ...readEndpoints(environment) };
}

/** Other places for upstream's hosts, as JSON from host name to base URL: for a copy of them on a private network. */
function readEndpoints(environment: SourceSituation['environment']): { endpoints?: Readonly<Record<string, string>> } {
  const text = environment['KUBELAB_UPSTREAM_ENDPOINTS'];
  return text === undefined || text === '' ? {} : { endpoints: JSON.parse(text) as Record<string, string> };
}

/** Everything that can be reported while kubelab works. Renderers switch over `type` and must handle every arm. */
export type Event =
  /** A run begins. `forecastSeconds` comes from this host's own past timings, where there are any. */
  | { readonly type: 'run'; readonly title: string; readonly forecastSeconds?: number }
  /** A step of the graph changed state. `node` is absent for steps that belong to the whole cluster. */
  | {
      readonly type: 'step';
      readonly id: string;
      /** What the step does, for people: "boot", "kubeadm init". */
      readonly title: string;
      readonly node?: string;
      readonly state: 'started' | 'done' | 'already' | 'failed' | 'cancelled';
      /** Seconds it took; present once it ended. */
      readonly seconds?: number;
      /** Seconds that it took on this host before; present when it started and something is known. */
      readonly forecastSeconds?: number;
    }
  /** What a running step is doing right now, replaced by the next one. */
  | { readonly type: 'progress'; readonly id: string; readonly node?: string; readonly text: string }
  /** Something worth a line that is not a step. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'warning'; readonly text: string };

export type EventSink = (event: Event) => void;

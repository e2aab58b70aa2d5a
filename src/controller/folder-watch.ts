import { type FSWatcher, watch } from 'node:fs';

/** Beyond this many folders, looking every few seconds has to do. */
const MOST = 64;

/** Hints that something in some folders may have changed. Nothing rests on them: file systems over a network give none. */
export class FolderWatch {
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Watches these folders, and no other ones. */
  follow(folders: readonly string[]): void {
    const wanted = new Set(folders.slice(0, MOST));
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#drop(folder);
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#add(folder);
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, this.#changed);
      watcher.on('error', () => this.#drop(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // No more watches, or the folder is gone: the next look finds out.
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}

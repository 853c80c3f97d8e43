/** Takes back something that was done before something else failed. The newest comes first in a list of them. */
export type Undo = () => Promise<void>;

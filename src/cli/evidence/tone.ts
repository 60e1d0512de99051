/** How something is to be taken, whatever it is shown on: `open` is not known yet, `plain` neither good nor bad. */
export type Tone = 'good' | 'bad' | 'open' | 'plain';

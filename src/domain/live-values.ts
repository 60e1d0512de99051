/** Live values of tags, where the plant could be read with good quality. */
export type LiveValues = ReadonlyMap<string, number>;

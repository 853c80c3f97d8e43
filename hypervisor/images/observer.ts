/** Told what happens while an image is fetched or built. */
export interface ImageObserver {
  /** A line for the progress display. */
  progress(text: string): void;
  /** Something that the user should know, though the work goes on. */
  warning(text: string): void;
}

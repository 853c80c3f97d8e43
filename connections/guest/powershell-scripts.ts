import { quoteForShell } from "../quote";

/**
 * An argv that runs PowerShell text in a guest whose OpenSSH server starts `cmd.exe` or PowerShell: nothing in it needs
 * quoting. The text is visible to every user of the guest: no secrets.
 */
export function powershellArgv(text: string): readonly string[] {
  const encoded = Buffer.from(text, "utf16le").toString("base64");
  return ["powershell.exe", "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded];
}

const q = (text: string): string => quoteForShell(text, "powershell");

/** Says which process runs, so that it can be ended, and keeps progress bars out of the output. */
const begin = (mark: string): string =>
  `$ProgressPreference = 'SilentlyContinue'; [Console]::Error.WriteLine(${q(`${mark} pid `)} + $PID)`;

/**
 * Runs the script on the first line of standard input (base64 of UTF-8); the script gets what follows. A script that
 * ends by an error has exit code 1, else that of the last program it ran.
 */
export function runText(mark: string): string {
  return `${begin(mark)}
$line = [Console]::In.ReadLine()
$text = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line))
$code = 0
try {
  $global:LASTEXITCODE = 0
  & ([ScriptBlock]::Create($text))
  if ($global:LASTEXITCODE) { $code = $global:LASTEXITCODE } elseif (-not $?) { $code = 1 }
} catch { [Console]::Error.WriteLine(($_ | Out-String)); $code = 1 }
exit $code`;
}

/** Standard input of `runText`. */
export function runInput(script: string, stdin: string | undefined): string {
  return `${Buffer.from(script, "utf8").toString("base64")}\n${stdin ?? ""}`;
}

/** Writes the lines on standard input (base64 each) to a file, wholly or not at all. */
export function writeText(mark: string, path: string, size: number): string {
  return `${begin(mark)}
$ErrorActionPreference = 'Stop'
$path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath(${q(path)})
[void](New-Item -ItemType Directory -Force -Path (Split-Path -Parent $path))
$part = "$path.gf-$PID"
$file = [IO.File]::Create($part)
try {
  while ($null -ne ($line = [Console]::In.ReadLine())) {
    $bytes = [Convert]::FromBase64String($line); $file.Write($bytes, 0, $bytes.Length)
  }
  $size = $file.Length
} finally { $file.Close() }
if ($size -ne ${size}) { Remove-Item -LiteralPath $part; throw 'only a part of the file arrived' }
Move-Item -Force -LiteralPath $part -Destination $path`;
}

/** Prints a file as lines of base64. */
export function readText(mark: string, path: string): string {
  return `${begin(mark)}
$ErrorActionPreference = 'Stop'
$file = [IO.File]::OpenRead((Resolve-Path -LiteralPath ${q(path)}).ProviderPath)
$buffer = New-Object byte[] 49152
try {
  while (($n = $file.Read($buffer, 0, $buffer.Length)) -gt 0) {
    [Console]::Out.WriteLine([Convert]::ToBase64String($buffer, 0, $n))
  }
} finally { $file.Close() }`;
}

/** Unpacks a tar archive into a folder and removes the archive. Windows has `tar.exe` since 2018. */
export function unpackText(mark: string, archive: string, folder: string): string {
  return `${begin(mark)}
$ErrorActionPreference = 'Stop'
[void](New-Item -ItemType Directory -Force -Path ${q(folder)})
tar.exe -xf ${q(archive)} -C ${q(folder)}
$code = $LASTEXITCODE
Remove-Item -LiteralPath ${q(archive)}
exit $code`;
}

/** Packs a folder's contents into a tar archive. */
export function packText(mark: string, archive: string, folder: string): string {
  return `${begin(mark)}
tar.exe -cf ${q(archive)} -C ${q(folder)} .
exit $LASTEXITCODE`;
}

/** Prints `folder`, `file` or nothing. */
export function kindText(mark: string, path: string): string {
  return `${begin(mark)}
if (Test-Path -LiteralPath ${q(path)} -PathType Container) { 'folder' } elseif (Test-Path -LiteralPath ${q(path)}) { 'file' }`;
}

export function removeText(mark: string, path: string): string {
  return `${begin(mark)}\nRemove-Item -Force -ErrorAction SilentlyContinue -LiteralPath ${q(path)}`;
}

export function setClockText(mark: string, now: Date): string {
  return `${begin(mark)}
Set-Date -Date ([DateTime]::Parse('${now.toISOString()}').ToLocalTime()) | Out-Null`;
}

export function syncText(mark: string): string {
  return `${begin(mark)}
Get-Volume | Where-Object DriveLetter | ForEach-Object { Write-VolumeCache -DriveLetter $_.DriveLetter }`;
}

<#
.SYNOPSIS
Installs the hafs worker as a service of Windows and joins it to a coordinator.

.DESCRIPTION
Makes a folder for the program and one for its data, which nobody but the service, the system and administrators can
read; checks the program's SHA-256; writes a configuration if there is none; registers and starts the service. The worker
only ever calls out, so the firewall needs no rule. Run it in PowerShell 5.1 or later, as administrator. Run again, it
updates the program and keeps everything else.

.PARAMETER Join
The join link that `hafs-factory token create --role worker` printed on the coordinator's machine, in single quotes. It is
asked for when it is left out, which keeps it out of the history. Not needed for an update.

.PARAMETER Program
The program, hafs-worker.exe; otherwise the one beside this script.

.PARAMETER Sha256
What its SHA-256 must be; otherwise what the file hafs-worker.exe.sha256 beside the program says.

.PARAMETER Config
A configuration to begin with; otherwise a small one that uses the models of a local Ollama is written.

.PARAMETER NoStart
Registers the service without starting it; no join link is asked for.

.EXAMPLE
.\install.ps1 -Join 'https://factory.example:7425/#v1...'
#>
[CmdletBinding()]
param(
    [string] $Join,
    [string] $Program = (Join-Path $PSScriptRoot 'hafs-worker.exe'),
    [string] $Sha256,
    [string] $Config,
    [switch] $NoStart,
    [string] $ProgramFolder = (Join-Path $env:ProgramFiles 'hafs-factory'),
    [string] $DataFolder = (Join-Path $env:ProgramData 'hafs-factory')
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Service = 'hafs-worker'
$Account = "NT SERVICE\$Service"
# The system and the administrators, by numbers that are the same in every language.
$System = '*S-1-5-18'
$Administrators = '*S-1-5-32-544'

function Invoke-Checked([string] $What, [string] $File, [string[]] $Arguments) {
    & $File @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "$What failed: $File ended with code $LASTEXITCODE." }
}

function Assert-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'This needs an administrator: open PowerShell with "Run as administrator" and try again.'
    }
}

function Assert-Hash([string] $File, [string] $Expected) {
    if (-not (Test-Path -LiteralPath $File -PathType Leaf)) { throw "There is no program at $File; name it with -Program." }
    if (-not $Expected) {
        $beside = "$File.sha256"
        if (-not (Test-Path -LiteralPath $beside)) { throw "There is no $beside; give the hash with -Sha256." }
        $Expected = ((Get-Content -LiteralPath $beside -TotalCount 1) -split '\s+')[0]
    }
    $found = (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash
    if ($found -ne $Expected) { throw "$File has the SHA-256 $found, expected $Expected; fetch it again." }
}

# Only these can enter: what is made in the folder later is as private.
function Protect-Folder([string] $Folder) {
    New-Item -ItemType Directory -Force -Path $Folder | Out-Null
    Invoke-Checked "protecting $Folder" 'icacls.exe' @(
        $Folder, '/inheritance:r', '/grant:r', "${System}:(OI)(CI)F", '/grant:r', "${Administrators}:(OI)(CI)F", '/Q')
}

function Write-Text([string] $File, [string] $Text) {
    # Without the mark at the beginning that PowerShell 5.1 writes.
    [IO.File]::WriteAllText($File, $Text, (New-Object Text.UTF8Encoding($false)))
}

function Get-Configuration([string] $Folder) {
    $state = Join-Path $Folder 'worker'
    @"
# The worker of this machine; docs/CONFIG.md lists every key. After a change: Restart-Service hafs-worker
[worker]
spool_dir = '$state'

[[providers]]
name = "ollama"
kind = "ollama"
base_url = "http://127.0.0.1:11434"

[[providers.models]]
name = "qwen2.5-coder:14b"
"@
}

function Get-Installed {
    Get-Service -Name $Service -ErrorAction SilentlyContinue
}

Assert-Administrator
Assert-Hash $Program $Sha256

$target = Join-Path $ProgramFolder 'hafs-worker.exe'
$settings = Join-Path $DataFolder 'hafs.toml'
$credential = Join-Path (Join-Path $DataFolder 'worker') 'credential.json'
$installed = Get-Installed

if (-not $Join -and -not $NoStart -and -not (Test-Path -LiteralPath $credential)) { $Join = Read-Host 'Join link' }

if ($installed -and $installed.Status -ne 'Stopped') {
    Write-Host "Stopping $Service; it finishes what it holds first."
    Stop-Service -Name $Service
    (Get-Service -Name $Service).WaitForStatus('Stopped', '00:01:00')
}

New-Item -ItemType Directory -Force -Path $ProgramFolder | Out-Null
Copy-Item -LiteralPath $Program -Destination $target -Force
Protect-Folder $DataFolder

if (-not (Test-Path -LiteralPath $settings)) {
    if ($Config) { Copy-Item -LiteralPath $Config -Destination $settings }
    else { Write-Text $settings (Get-Configuration $DataFolder) }
}

if (-not $installed) {
    Invoke-Checked 'registering the service' $target @('service', 'install', '--config', $settings)
}
# The account exists since the service does. Modify, not full control: the service cannot let others in.
Invoke-Checked "granting $Account its folder" 'icacls.exe' @($DataFolder, '/grant:r', "${Account}:(OI)(CI)M", '/Q')

if ($Join) { Write-Text (Join-Path $DataFolder 'join.link') $Join.Trim() }

if (-not $NoStart) { Start-Service -Name $Service }
Invoke-Checked 'asking the service' $target @('service', 'status')
Write-Host "Its log: $(Join-Path $DataFolder 'hafs-worker.log')"
Write-Host "Its configuration: $settings"

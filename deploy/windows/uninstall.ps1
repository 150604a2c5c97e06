<#
.SYNOPSIS
Takes the hafs worker's service and program away.

.DESCRIPTION
The worker finishes what it holds, hands back the rest, and stops. Its data (configuration, credential, results that
wait) is kept unless -RemoveData is given; look at `results` in `worker` in the data folder first, because what waits there was
paid for. Run it as administrator.

.PARAMETER RemoveData
Deletes the data folder too, with the credential: the worker would have to join again.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [switch] $RemoveData,
    [string] $ProgramFolder = (Join-Path $env:ProgramFiles 'hafs-factory'),
    [string] $DataFolder = (Join-Path $env:ProgramData 'hafs-factory')
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Service = 'hafs-worker'
$program = Join-Path $ProgramFolder 'hafs-worker.exe'

if (Get-Service -Name $Service -ErrorAction SilentlyContinue) {
    if (-not (Test-Path -LiteralPath $program)) { throw "There is no $program; take the service away with: sc.exe delete $Service" }
    & $program service uninstall | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "The service could not be taken away: code $LASTEXITCODE. Are you administrator?" }
}
if (Test-Path -LiteralPath $program) { Remove-Item -LiteralPath $program }

if ($RemoveData -and (Test-Path -LiteralPath $DataFolder) -and $PSCmdlet.ShouldProcess($DataFolder, 'delete with all results')) {
    Remove-Item -LiteralPath $DataFolder -Recurse
} elseif (Test-Path -LiteralPath $DataFolder) {
    Write-Host "Kept: $DataFolder"
}

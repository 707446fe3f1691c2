# SPDX-License-Identifier: MIT
_decnet() {
    local line="${COMP_WORDS[*]:1:COMP_CWORD-1}" offered
    case "$line" in
    "admin password"|"admin password "*) offered="--help --reset" ;;
    "secrets create"|"secrets create "*) offered="--help" ;;
    "config example"|"config example "*) offered="--help" ;;
    "evidence list"|"evidence list "*) offered="--address --after --decoy --format --help --kind --limit --lure --reveal --session --since --until json text" ;;
    "evidence tail"|"evidence tail "*) offered="--address --count --decoy --format --from --help --kind --lines --lure --reveal --session json text" ;;
    "evidence show"|"evidence show "*) offered="--format --help --reveal json text" ;;
    "sessions list"|"sessions list "*) offered="--address --decoy --format --help --limit --lure --recorded json text" ;;
    "sessions play"|"sessions play "*) offered="--help --idle-limit --raw --speed" ;;
    "store migrate"|"store migrate "*) offered="--help --no-backup" ;;
    "store restore"|"store restore "*) offered="--help --unless-whole" ;;
    "store backup"|"store backup "*) offered="--help" ;;
    "config check"|"config check "*) offered="--help" ;;
    "admin token"|"admin token "*) offered="--help create list revoke" ;;
    "store check"|"store check "*) offered="--acknowledge --format --help json text" ;;
    "config show"|"config show "*) offered="--format --help --origin json text" ;;
    "admin user"|"admin user "*) offered="--help change create delete list" ;;
    "archetypes"|"archetypes "*) offered="--format --help json text" ;;
    "completion"|"completion "*) offered="--help bash zsh" ;;
    "attackers"|"attackers "*) offered="--format --help --limit json text" ;;
    "configure"|"configure "*) offered="--docker --dry-run --group --help --old --purge --purge-evidence --reason --role --root --user --web-listen --yes apply check diff gate manual postinst rollback rpm set unrender" ;;
    "bus stats"|"bus stats "*) offered="--format --help json text" ;;
    "teardown"|"teardown "*) offered="--all --dry-run --format --help --yes json text" ;;
    "evidence"|"evidence "*) offered="--help list show tail" ;;
    "sessions"|"sessions "*) offered="--help list play" ;;
    "services"|"services "*) offered="--format --help json text" ;;
    "ingester"|"ingester "*) offered="--help" ;;
    "secrets"|"secrets "*) offered="--help create" ;;
    "bus pub"|"bus pub "*) offered="--help" ;;
    "bus sub"|"bus sub "*) offered="--format --help json text" ;;
    "deploy"|"deploy "*) offered="--archetype --decoys --dry-run --format --help --yes json text" ;;
    "status"|"status "*) offered="--format --help --reveal json text" ;;
    "config"|"config "*) offered="--help check example show" ;;
    "doctor"|"doctor "*) offered="--all --format --help json text" ;;
    "decoys"|"decoys "*) offered="--help" ;;
    "admin"|"admin "*) offered="--help password token user" ;;
    "lures"|"lures "*) offered="--format --help json text" ;;
    "store"|"store "*) offered="--help backup check migrate restore" ;;
    "agent"|"agent "*) offered="--help" ;;
    "init"|"init "*) offered="--deinit --dry-run --force --group --help --install-dir --no-start --prefix --purge --purge-evidence --role --user --venv-dir --yes" ;;
    "bus"|"bus "*) offered="--group --help --socket pub stats sub" ;;
    "api"|"api "*) offered="--help" ;;
    "web"|"web "*) offered="--help" ;;
    "") offered="--help --version admin agent api archetypes attackers bus completion config configure decoys deploy doctor evidence ingester init lures secrets services sessions status store teardown web" ;;
    *) offered="" ;;
    esac
    case "$line" in "") ;; *) [ -n "$offered" ] || compopt -o default ;; esac
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -F _decnet decnet
